//! Errors of a run: refused in one line, with the documented exit code, and nothing is lost.

use super::servers::{Server, answer, is_keyed, with_headers};
use super::{Folder, Stand};

#[test]
fn a_target_that_is_not_there_is_said_in_one_line_with_exit_code_3() {
    let folder = Folder::new("down");
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = folder.run(&["check", "gmicloud", "--target", &format!("http://{free}")]);
    let line = ended.line(3);
    assert!(line.contains("refused") && line.contains("127.0.0.1"), "{line}");
}

#[test]
fn a_name_that_leads_nowhere_and_a_server_without_tls_are_told_apart() {
    let folder = Folder::new("dns");
    let key = [("KEY", "secret-of-the-test")];
    let run = |target: &str| {
        let mut command = folder.command(&[
            "check",
            "gmicloud",
            "--target",
            target,
            "--key-env",
            "KEY",
            "--max-spend",
            "1",
            "--allow-unknown-price",
        ]);
        super::Ended::of(command.envs(key).output().unwrap())
    };
    let in_the_clear = run("http://mockreel-test.invalid");
    assert!(in_the_clear.line(2).contains("in the clear"), "{in_the_clear:?}");
    let unknown = run("https://mockreel-test.invalid");
    let line = unknown.line(3).to_owned();
    assert!(line.contains("mockreel-test.invalid") && line.contains("name"), "{line}");
    // Speaks first, and no TLS.
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in plain.incoming().flatten() {
            let mut stream = stream;
            let _ = std::io::Write::write_all(&mut stream, &answer("200 OK", "application/json", "{}"));
        }
    });
    let no_tls = run(&format!("https://{address}"));
    let line = no_tls.line(3);
    assert!(line.contains("TLS"), "{line}");
}

#[test]
fn a_web_page_a_redirect_and_a_refused_key_are_no_api() {
    let folder = Folder::new("page");
    let check = |server: &Server| folder.run(&["check", "gmicloud", "--target", &server.address]);
    let page = Server::start(|_, _| answer("200 OK", "text/html", "<!doctype html><title>Hello</title>"));
    assert!(check(&page).line(3).contains("web page"));
    let elsewhere =
        Server::start(|_, _| with_headers("301 Moved", &[("location", "https://example.com/login")], ""));
    let ended = check(&elsewhere);
    let line = ended.line(3);
    assert!(line.contains("redirects to https://example.com/"), "{line}");
    let refusing = Server::start(|_, _| answer("401 Unauthorized", "application/json", "{\"error\":\"no\"}"));
    let ended = check(&refusing);
    assert!(ended.line(3).contains("key is refused"), "{ended:?}");
    let asked_once_or_twice = refusing.asked();
    assert!(asked_once_or_twice <= 4, "a refused key is asked {asked_once_or_twice} times");
}

#[test]
fn an_answer_that_breaks_off_in_the_middle_of_a_run_ends_it_with_exit_code_3() {
    let folder = Folder::new("broken");
    let server = Server::start(|request, number| {
        let status = if is_keyed(request) { "404 Not Found" } else { "401 Unauthorized" };
        // The probe is answered, and a case or two.
        if number < 7 { answer(status, "application/json", "{\"error\":\"no\"}") } else { Vec::new() }
    });
    let ended = folder.run(&["check", "gmicloud", "--target", &server.address, "--only", "AUTH,POLL-06"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.out.contains("unreachable"), "{ended:?}");
}

#[test]
fn what_goes_against_each_other_is_refused_before_anything_is_sent() {
    let folder = Folder::new("choice");
    let refused = |arguments: &[&str], part: &str| {
        let ended = folder.run(arguments);
        let line = ended.line(2);
        assert!(line.contains(part), "{arguments:?}: {line}");
        assert!(ended.out.is_empty(), "{ended:?}");
    };
    refused(&["check", "gmicloud", "--only", "VAL-99"], "--only VAL-99: there is no such case");
    refused(&["check", "gmicloud", "--only", "VAL-01", "--skip", "VAL-01"], "both in --only and in --skip");
    refused(&["check", "gmicloud", "--only", "VAL-01", "--skip", "VAL"], "both in --only and in --skip");
    refused(&["check", "gmicloud", "--only", "NET", "--report", "json=/dev/null/r.json"], "cannot make");
    refused(&["check", "gmicloud", "--only", "POLL-09", "--skip", "SUB-01"], "POLL-09 needs SUB-01");
    refused(&["check", "nobody"], "there is no vendor `nobody`");
    refused(&["check", "gmicloud@2020-01"], "before the first edition");
    refused(&["check"], "VENDOR");
    refused(&["check", "gmicloud", "--target", "ftp://127.0.0.1"], "neither http nor https");
    refused(&["check", "gmicloud", "--target", "http://u:p@127.0.0.1"], "a user, a password");
    refused(&["check", "gmicloud", "--target", "nonsense"], "expected emulator, live, or an address");
    refused(&["check", "gmicloud", "--target", "live"], "--key-env");
    refused(&["check", "gmicloud", "--generated", "10001"], "at most 10000");
    refused(&["check", "gmicloud", "--max-spend", "lots"], "`lots` is no amount");
    refused(&["check", "gmicloud", "--key-env", "MOCKREEL_NO_SUCH"], "is not set or empty");
    refused(&["check", "gmicloud", "--baseline", "nowhere.toml"], "cannot read nowhere.toml");
    refused(&["check", "gmicloud", "--report", "pdf=a.pdf"], "pdf");
    refused(&["check", "gmicloud", "--replay", "nowhere"], "nowhere");
    refused(&["plan", "gmicloud", "--replay", "nowhere"], "no plan");
    refused(&["baseline"], "`baseline` needs one of update");
}

#[test]
fn a_case_can_be_taken_out_of_an_area() {
    let folder = Folder::new("area");
    let ended =
        folder.run(&["check", "gmicloud", "--only", "NET", "--skip", "NET-04", "--report", "json=r.json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let report = std::fs::read_to_string(folder.file("r.json")).unwrap();
    assert!(report.contains("NET-05") && !report.contains("NET-04"), "{report}");
}

#[test]
fn live_wants_a_key_and_a_limit_and_then_still_sends_nothing_it_cannot_pay() {
    let folder = Folder::new("live");
    let mut command = folder.command(&["check", "gmicloud", "--target", "live", "--key-env", "KEY"]);
    let ended = super::Ended::of(command.env("KEY", "secret-of-the-test").output().unwrap());
    assert!(ended.line(2).contains("--max-spend"), "{ended:?}");
    // The price of the model is not known, and that is a refusal of its own.
    let mut command =
        folder.command(&["check", "gmicloud", "--target", "live", "--key-env", "KEY", "--max-spend", "5"]);
    let ended = super::Ended::of(command.env("KEY", "secret-of-the-test").output().unwrap());
    let line = ended.line(2);
    assert!(line.contains("--allow-unknown-price") && line.contains("nothing was sent"), "{line}");
}

#[test]
fn a_baseline_that_cannot_be_read_is_refused_with_line_and_column() {
    let folder = Folder::new("baseline");
    std::fs::write(folder.file("bad.toml"), "[[expected]]\ncase = \"VAL-11\"\nwrong = 1\n").unwrap();
    let ended = folder.run(&["check", "gmicloud", "--baseline", "bad.toml"]);
    let line = ended.line(2);
    assert!(line.contains("bad.toml:3:"), "{line}");
    let entry = "[[expected]]\ncase = \"VAL-99\"\ntarget = \"emulator\"\nvendor = \"gmicloud\"\nreason = \"r\"\nexpires = \"2999-01-01\"\nmessage = \"m\"\n";
    std::fs::write(folder.file("strange.toml"), entry).unwrap();
    let ended = folder.run(&["check", "gmicloud", "--only", "NET-02", "--baseline", "strange.toml"]);
    assert!(ended.line(2).contains("VAL-99"), "{ended:?}");
}

#[test]
fn an_unknown_key_in_the_table_of_check_is_an_error_and_a_known_one_is_used() {
    let folder = Folder::new("table");
    std::fs::write(folder.file("mockreel.toml"), "[check]\nonli = [\"VAL\"]\n").unwrap();
    let ended = folder.run(&["check", "gmicloud"]);
    assert!(ended.line(2).contains("mockreel.toml:2:1"), "{ended:?}");
    std::fs::write(
        folder.file("mockreel.toml"),
        "[check]\nonly = [\"NET-02\"]\nreport = [\"json=out/r.json\"]\n",
    )
    .unwrap();
    let ended = folder.run(&["check", "gmicloud"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.is_empty(), "nothing but the result is written where no terminal is: {ended:?}");
    let report = std::fs::read_to_string(folder.file("out/r.json")).unwrap();
    assert!(report.contains("NET-02") && !report.contains("VAL-01"), "{report}");
}

#[test]
fn a_stand_in_that_was_started_apart_is_steered_as_well() {
    let stand = Stand::start("302ai");
    let folder = Folder::new("apart");
    let target = stand.emulator.url("302ai");
    let ended = folder.run(&["check", "302ai", "--target", &target, "--only", "POLL,LST-03"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(stand.jobs() >= 2);
}

#[test]
fn an_expected_failure_is_no_failure_until_it_passes() {
    let folder = Folder::new("expected");
    // A server that refuses everything alike keeps some promises and breaks others.
    let server = Server::start(|request, _| {
        let keyless = !request.to_ascii_lowercase().contains("authorization: bearer suite");
        let status = if keyless { "401 Unauthorized" } else { "404 Not Found" };
        answer(status, "application/json", "{\"error\":\"no\"}")
    });
    let cases = "AUTH-01,VAL-01,SUB-01";
    let check = |more: &[&str]| {
        let mut arguments = vec!["check", "gmicloud", "--target", server.address.as_str(), "--only", cases];
        arguments.extend(more);
        folder.run(&arguments)
    };
    let first = check(&["--report", "json=r.json"]);
    assert_eq!(first.code, 1, "{first:?}");
    let update = |arguments: &[&str]| {
        let ended = folder.run(arguments);
        assert_eq!(ended.code, 0, "{ended:?}");
    };
    let with = ["--reason", "the server is a stub", "--expires", "2999-12-31"];
    update(&[&["baseline", "update", "b.toml", "--report", "r.json"][..], &with].concat());
    let second = check(&["--baseline", "b.toml", "--report", "json=r2.json"]);
    assert_eq!(second.code, 0, "{second:?}");
    assert!(std::fs::read_to_string(folder.file("r2.json")).unwrap().contains("expected-fail"));
    // What passes though it is expected to fail is said, and the next update takes it out.
    let text = std::fs::read_to_string(folder.file("b.toml")).unwrap();
    let more = text.replace("SUB-01", "AUTH-01");
    std::fs::write(folder.file("b.toml"), more).unwrap();
    let third = check(&["--baseline", "b.toml", "--report", "json=r3.json"]);
    assert!(third.out.contains("unexpected-pass"), "{third:?}");
    update(&[&["baseline", "update", "b.toml", "--report", "r3.json"][..], &with].concat());
    let text = std::fs::read_to_string(folder.file("b.toml")).unwrap();
    assert!(!text.contains("AUTH-01") && text.contains("SUB-01"), "{text}");
}
