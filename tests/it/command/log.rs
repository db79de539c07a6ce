//! The program's log: what `MOCKREEL_LOG` makes it say on standard error.

use super::{ANY, Folder, Server, mockreel, refused};

/// What a server logs of a refused submit whose prompt holds its key, at a level.
fn logged(level: &str) -> String {
    let folder = Folder::new(&format!("log-{level}"));
    let mut command = mockreel(&folder, &ANY);
    command.env("MOCKREEL_LOG", level);
    let server = Server::start(command);
    assert!(server.get("/apilaplas/v1/nothing?token=hidden-text").starts_with("HTTP/1.1 404"));
    let (code, printed) = server.end("-TERM");
    assert_eq!(code, Some(0), "{printed}");
    printed
}

#[test]
fn at_info_every_request_is_one_line_with_the_reason_in_words() {
    let printed = logged("info");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 1, "{printed}");
    for part in ["INFO #1 apilaplas GET /v1/nothing", " 404 in ", "unknown_route: expected "] {
        assert!(lines[0].contains(part), "{part}: {printed}");
    }
}

#[test]
fn at_debug_the_line_is_followed_by_what_was_sent_and_answered() {
    let printed = logged("debug");
    assert!(printed.contains("DEBUG #1 request {\"headers\":"), "{printed}");
    assert!(!printed.contains("hidden-text"), "{printed}");
}

#[test]
fn without_the_variable_and_at_warn_requests_are_not_logged() {
    assert_eq!(logged(""), "");
    assert_eq!(logged("warn"), "");
    assert_eq!(logged("off"), "");
}

#[test]
fn a_level_that_there_is_not_is_refused_by_every_command() {
    let folder = Folder::new("no-level");
    for arguments in [&ANY[..], &["contract", "list"], &["check", "302ai", "--list"]] {
        let mut command = mockreel(&folder, arguments);
        command.env("MOCKREEL_LOG", "verbose");
        let line = refused(command);
        assert!(line.contains("MOCKREEL_LOG=verbose: expected off, error, warn, info"), "{line}");
    }
}
