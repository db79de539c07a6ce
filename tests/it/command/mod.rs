//! The command itself: what it prints, how it ends, and how it refuses.

mod demo;
mod listening;
mod log;
mod marks;
mod mistakes;
mod variables;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A folder of its own for a test, removed afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("command-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The command in an empty folder, without whatever the environment of the tests says.
fn mockreel(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mockreel"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MOCKREEL_")) {
        command.env_remove(name);
    }
    // Nothing here waits for a clip.
    command.env("MOCKREEL_CLIPS_AHEAD", "0");
    command.args(arguments).current_dir(&folder.0).stdin(Stdio::null());
    command
}

/// Asserts that the command refuses in one line with exit code 2, and answers the line.
fn refused(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let told = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{told}");
    assert!(stdout.is_empty(), "{}", String::from_utf8_lossy(&stdout));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 1, "{told}");
    assert!(lines[0].starts_with("mockreel: "), "{told}");
    lines[0].to_owned()
}

/// How long an end may take before the test gives up, so that a server that does not end is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; it is killed if a test fails.
struct Server {
    /// `None` once its end was awaited.
    child: Option<Child>,
    out: BufReader<ChildStdout>,
    banner: String,
}

impl Server {
    /// Starts and reads up to the last line that a start prints.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("\ntry: ") {
            if out.read_line(&mut banner).unwrap() == 0 {
                let mut told = String::new();
                child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
                panic!("it ended before it was up: {banner}{told}");
            }
        }
        Self { child: Some(child), out, banner }
    }

    fn address(&self) -> SocketAddr {
        let first = self.banner.lines().next().unwrap();
        first.rsplit("http://").next().unwrap().parse().unwrap_or_else(|error| panic!("{error}: {first}"))
    }

    /// Sends a signal; answers the exit code and whatever was printed after the start.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let mut child = self.child.take().unwrap();
        let id = child.id().to_string();
        let kill =
            |signal: &str| assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let mut err = child.stderr.take().unwrap();
        let (tell, told) = mpsc::channel();
        kill(signal);
        std::thread::spawn(move || tell.send(child.wait().unwrap()));
        let status = told.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            kill("-KILL");
            panic!("it did not end on {signal}")
        });
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        err.read_to_string(&mut rest).unwrap();
        (status.code(), rest)
    }

    fn get(&self, path: &str) -> String {
        let address = self.address();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer k\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail once it has ended, which is as it should be.
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

const ANY: [&str; 2] = ["--listen", "127.0.0.1:0"];

#[test]
fn it_says_where_it_serves_with_which_seed_and_what_to_try() {
    let folder = Folder::new("banner");
    let server = Server::start(mockreel(&folder, &[&ANY[..], &["--seed", "42"]].concat()));
    let base = format!("http://{}", server.address());
    for vendor in mockreel_contracts::vendors().unwrap() {
        let line = server.banner.lines().find(|line| line.trim().starts_with(vendor.id()));
        let line = line.unwrap_or_else(|| panic!("{} is missing: {}", vendor.id(), server.banner));
        assert!(line.contains(&format!("{base}/{}", vendor.id())), "{line}");
    }
    assert!(server.banner.contains("seed 42"), "{}", server.banner);
    assert!(server.banner.contains("by time"), "{}", server.banner);
    assert!(server.banner.lines().count() <= 10, "{}", server.banner);
    let tried = server.banner.lines().last().unwrap().strip_prefix("try: curl ").unwrap();
    let path = tried.strip_prefix(&base).unwrap_or_else(|| panic!("{tried}"));
    assert!(server.get(path).starts_with("HTTP/1.1 200"), "{}", server.banner);
}

#[test]
fn it_ends_cleanly_on_both_signals_also_with_a_caller_still_connected() {
    for signal in ["-TERM", "-INT"] {
        let folder = Folder::new(&format!("signal{signal}"));
        let server = Server::start(mockreel(&folder, &[&["serve"], &ANY[..]].concat()));
        let mut idle = TcpStream::connect(server.address()).unwrap();
        idle.write_all(b"GET /__admin/health HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut first = [0; 12];
        idle.read_exact(&mut first).unwrap();
        let address = server.address();
        assert_eq!(server.end(signal), (Some(0), String::new()), "{signal}");
        TcpListener::bind(address).expect("the port is free again");
    }
}

#[test]
fn without_a_seed_every_start_draws_its_own_and_says_it() {
    let seed = |number: usize| {
        let folder = Folder::new(&format!("seed-{number}"));
        let server = Server::start(mockreel(&folder, &ANY));
        let line = server.banner.lines().find(|line| line.contains("seed")).unwrap().to_owned();
        line.split("seed ").nth(1).unwrap().split(',').next().unwrap().to_owned()
    };
    assert_ne!(seed(1), seed(2));
}

#[test]
fn a_wrong_configuration_file_is_one_line_with_line_and_column() {
    let folder = Folder::new("config");
    for (text, place, named) in [
        ("seed = 1\n\ncolour = \"red\"\n", ":3:1:", "colour"),
        ("seed = 1\nlatency = 5\n", ":2:11:", "string"),
        ("seed = -1\n", ":1:8:", "-1"),
        ("listen = \"nowhere\"\n", ":1:10:", "address"),
        ("seed = 1\nseed = 2\n", ":2:1:", "duplicate"),
        ("seed 1\n", ":1:6:", ""),
        ("vendor = \"gmicloud\"\n", ":1:10:", "sequence"),
        ("[serve]\nseed = 1\n", ":1:2:", "serve"),
    ] {
        let file = folder.write("wrong.toml", text);
        let told = refused(mockreel(&folder, &["--config", &file]));
        assert!(told.contains(&format!("wrong.toml{place}")), "{text:?}: {told}");
        assert!(told.contains(named), "{text:?}: {told}");
    }
    std::fs::write(folder.0.join("latin.toml"), b"listen = \"\xe9\"\n").unwrap();
    let told = refused(mockreel(&folder, &["--config", "latin.toml"]));
    assert!(told.contains("latin.toml"), "{told}");
    folder.write("values.toml", "progress = \"backwards\"\n");
    let told = refused(mockreel(&folder, &["--config", "values.toml"]));
    assert!(told.contains("backwards"), "{told}");
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let folder = Folder::new("precedence");
    folder.write(
        "mockreel.toml",
        "listen = \"127.0.0.1:0\"\nseed = 1\nprogress = \"step\"\nvendor = [\"gmicloud\"]\n",
    );
    let seed = |command: Command, wanted: &str| {
        let server = Server::start(command);
        assert!(server.banner.contains(&format!("seed {wanted},")), "{}", server.banner);
        assert!(server.banner.contains("orders"), "the file's progress holds: {}", server.banner);
        server.banner.clone()
    };
    let banner = seed(mockreel(&folder, &[]), "1");
    assert!(banner.contains("gmicloud") && !banner.contains("aimlapi"), "{banner}");
    let mut command = mockreel(&folder, &[]);
    command.env("MOCKREEL_SEED", "2").env("MOCKREEL_VENDOR", "302ai,aimlapi@2025-07");
    let banner = seed(command, "2");
    assert!(
        banner.contains("302ai") && banner.contains("aimlapi") && !banner.contains("gmicloud"),
        "{banner}"
    );
    let mut command = mockreel(&folder, &["serve", "--seed", "3"]);
    command.env("MOCKREEL_SEED", "2");
    seed(command, "3");
    folder.write("other.toml", "listen = \"127.0.0.1:0\"\nseed = 4\nprogress = \"step\"\n");
    let mut command = mockreel(&folder, &[]);
    command.env("MOCKREEL_CONFIG", "other.toml");
    seed(command, "4");
    seed(mockreel(&folder, &["--config", "other.toml"]), "4");
}

#[test]
fn every_flag_has_its_variable_and_its_key() {
    let folder = Folder::new("names");
    let given: &[(&str, &str, &str)] = &[
        ("listen", "127.0.0.1:0", "\"127.0.0.1:0\""),
        ("port", "gmicloud=127.0.0.1:0", "[\"gmicloud=127.0.0.1:0\"]"),
        ("vendor", "gmicloud", "[\"gmicloud\"]"),
        ("option", "gmicloud.result_shape=video_url", "[\"gmicloud.result_shape=video_url\"]"),
        ("latency", "0.5", "\"0.5\""),
        ("progress", "polls=2", "\"polls=2\""),
        ("clock", "manual", "\"manual\""),
        ("seed", "9", "9"),
        ("images", "offline", "\"offline\""),
        ("image_breach", "submit", "\"submit\""),
        ("clips", "small", "\"small\""),
        ("clip_bytes", "real", "\"real\""),
        ("clips_ahead", "3", "3"),
        ("allow_directives", "true", "true"),
        ("public_url", "http://stand-in.test", "\"http://stand-in.test\""),
        ("admin_listen", "127.0.0.1:0", "\"127.0.0.1:0\""),
        ("admin_token_env", "SD_TOKEN", "\"SD_TOKEN\""),
    ];
    let config: String = given.iter().map(|(name, _, value)| format!("{name} = {value}\n")).collect();
    let file = folder.write("all.toml", &config);
    let flags: Vec<String> =
        given.iter().map(|(name, value, _)| format!("--{}={value}", name.replace('_', "-"))).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut by_variable = mockreel(&folder, &[]);
    for (name, value, _) in given {
        by_variable.env(format!("MOCKREEL_{}", name.to_uppercase()), value);
    }
    for mut command in [mockreel(&folder, &flags), mockreel(&folder, &["--config", &file]), by_variable] {
        command.env("SD_TOKEN", "secret");
        let banner = Server::start(command).banner.clone();
        for told in ["seed 9,", "by polls, 2", "a manual clock from 2026-01-01", "gmicloud"] {
            assert!(banner.contains(told), "{told}: {banner}");
        }
        assert!(!banner.contains("aimlapi") && !banner.contains("secret"), "{banner}");
    }
}

#[test]
fn the_contracts_are_listed_with_every_edition() {
    let folder = Folder::new("list");
    let told = mockreel(&folder, &["contract", "list"]).output().unwrap();
    assert_eq!(told.status.code(), Some(0));
    assert!(told.stderr.is_empty());
    let lines = String::from_utf8(told.stdout).unwrap();
    for vendor in mockreel_contracts::vendors().unwrap() {
        let id = vendor.contract.full_id();
        let line = lines.lines().find(|line| line.starts_with(&format!("{id} ")));
        let line = line.unwrap_or_else(|| panic!("{id} is missing: {lines}"));
        assert_eq!(line.ends_with("newest"), vendor.newest, "{line}");
    }
}

#[test]
fn a_contract_is_shown_as_a_page_and_as_openapi_from_both_sides() {
    let folder = Folder::new("show");
    let told = |arguments: &[&str]| {
        let output = mockreel(&folder, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(told(&["contract", "show", "aimlapi@2025-07"]).contains("2025-07-24"));
    let enforced: serde_json::Value =
        serde_json::from_str(&told(&["contract", "openapi", "gmicloud"])).unwrap();
    let documented = told(&["contract", "openapi", "gmicloud", "--documented"]);
    let documented: serde_json::Value = serde_json::from_str(&documented).unwrap();
    assert_eq!(enforced["openapi"], documented["openapi"]);
    assert_ne!(enforced, documented);
}

#[test]
fn a_file_can_be_laid_over_a_contract() {
    let folder = Folder::new("overlay");
    let file = folder.write("mine.toml", "id = \"gmicloud\"\nhosts = [\"stand-in.test\"]\n");
    let server = Server::start(mockreel(&folder, &[&ANY[..], &["--contract", &file]].concat()));
    let told = server.get("/__admin/vendors");
    assert!(told.contains("stand-in.test") && !told.contains("console.gmicloud.ai"), "{told}");
    assert!(told.contains("\"aimlapi\""), "the others are still served: {told}");
}

#[test]
fn help_and_version_go_to_stdout_and_are_no_failure() {
    let folder = Folder::new("help");
    let with_flag = [&["--help"][..], &["serve", "--help"], &["contract", "--help"], &["--version"]];
    for arguments in
        with_flag.into_iter().chain([&["help"][..], &["help", "serve"], &["contract", "help", "show"]])
    {
        let told = mockreel(&folder, arguments).output().unwrap();
        assert_eq!(told.status.code(), Some(0), "{arguments:?}");
        assert!(!told.stdout.is_empty() && told.stderr.is_empty(), "{arguments:?}");
    }
}
