//! The command as a person types it: what it prints, how it ends, and what it says when something is wrong.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_stuntdouble");

/// The command in a folder of its own, without anything that the caller's environment says.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder("empty"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STUNTDOUBLE_")) {
        command.env_remove(name);
    }
    command
}

fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Asserts that the command refuses: exit code 2, and one line that holds these words.
fn assert_refused(output: &Output, words: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_eq!(told.trim_end().lines().count(), 1, "more than one line: {told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
    assert!(output.stdout.is_empty());
}

/// A server that was started and has said what it serves.
struct Served {
    child: Child,
    told: String,
}

fn serve(command: &mut Command) -> Served {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !told.contains("try: ") {
        assert_ne!(lines.read_line(&mut told).unwrap(), 0, "the server ended early: {told}");
    }
    Served { child, told }
}

impl Served {
    fn ended_by(mut self, signal: &str) -> Option<i32> {
        let kill = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_server_says_what_it_serves_and_ends_cleanly_on_sigterm_and_ctrl_c() {
    for signal in ["-TERM", "-INT"] {
        let served = serve(&mut command(&["--listen", "127.0.0.1:0", "--seed", "42"]));
        for vendor in stuntdouble_contracts::vendors().unwrap().iter().filter(|vendor| vendor.newest) {
            assert!(served.told.contains(&format!("/{}", vendor.id())), "{}", served.told);
        }
        assert!(
            served.told.contains("seed 42") && served.told.contains("try: curl http://127.0.0.1:"),
            "{}",
            served.told
        );
        assert_eq!(served.ended_by(signal), Some(0), "{signal}");
    }
}

#[test]
fn only_the_vendors_named_are_served_and_a_port_of_their_own_is_said() {
    let arguments =
        ["serve", "--listen", "127.0.0.1:0", "--vendor", "gmicloud", "--port", "gmicloud=127.0.0.1:0"];
    let served = serve(&mut command(&arguments));
    assert_eq!(served.told.matches("gmicloud").count(), 3, "{}", served.told);
    assert!(!served.told.contains("302ai"), "{}", served.told);
    assert_eq!(served.ended_by("-TERM"), Some(0));
}

#[test]
fn an_older_edition_can_be_served_alone() {
    let served = serve(&mut command(&["--listen", "127.0.0.1:0", "--vendor", "aimlapi@2025-04-25"]));
    assert!(served.told.contains("/aimlapi"), "{}", served.told);
    assert_eq!(served.ended_by("-TERM"), Some(0));
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_refused(&run(&["--listen", &address]), &["cannot listen on", &address, "choose another address"]);
}

#[test]
fn a_bad_flag_or_value_is_one_clear_line_that_says_what_was_expected() {
    assert_refused(&run(&["--nonsense"]), &["--nonsense", "--help"]);
    assert_refused(&run(&["--listen", "here"]), &["--listen", "here"]);
    assert_refused(&run(&["--latency", "soon"]), &["--latency", "soon", "instant, fast, real"]);
    assert_refused(&run(&["--progress", "polls=x"]), &["polls=N"]);
    assert_refused(&run(&["--clock", "sundial"]), &["system or manual"]);
    assert_refused(&run(&["--images", "some"]), &["offline or fetch"]);
    assert_refused(&run(&["--image-breach", "never"]), &["vendor, submit or job"]);
    assert_refused(&run(&["--public-url", "stand-in"]), &["--public-url"]);
    assert_refused(&run(&["--port", "gmicloud"]), &["VENDOR=ADDR"]);
    assert_refused(
        &run(&["--port", "nobody=127.0.0.1:0", "--listen", "127.0.0.1:0"]),
        &["nobody", "not served"],
    );
    assert_refused(&run(&["--admin-token-env", "NO_SUCH_VARIABLE"]), &["NO_SUCH_VARIABLE", "not set"]);
}

#[test]
fn an_unknown_vendor_edition_or_option_is_answered_with_those_there_are() {
    assert_refused(&run(&["--vendor", "nobody"]), &["nobody", "gmicloud"]);
    assert_refused(&run(&["--vendor", "aimlapi@2020-01"]), &["before the first edition", "2025-01-28"]);
    assert_refused(&run(&["--vendor", "aimlapi@soon"]), &["YYYY-MM"]);
    assert_refused(&run(&["--option", "gmicloud.nothing=1"]), &["nothing", "result_shape"]);
    assert_refused(&run(&["--option", "gmicloud.result_shape=round"]), &["round", "media_urls"]);
    assert_refused(&run(&["--option", "result_shape"]), &["VENDOR.NAME=VALUE"]);
    assert_refused(&run(&["contract", "show", "nobody"]), &["nobody"]);
}

#[test]
fn a_configuration_file_that_cannot_be_used_says_where() {
    let place = folder("configurations");
    let missing = place.join("missing.toml");
    assert_refused(&run(&["--config", missing.to_str().unwrap()]), &["cannot read", "missing.toml"]);
    let misspelt = place.join("misspelt.toml");
    std::fs::write(&misspelt, "seed = 1\nlatncy = \"real\"\n").unwrap();
    assert_refused(&run(&["--config", misspelt.to_str().unwrap()]), &["misspelt.toml:2:1", "latncy"]);
    let broken = place.join("broken.toml");
    std::fs::write(&broken, "seed = [\n").unwrap();
    assert_refused(&run(&["--config", broken.to_str().unwrap()]), &["broken.toml:"]);
}

#[test]
fn a_flag_wins_over_its_variable_and_that_over_the_file() {
    let file = folder("precedence").join("stuntdouble.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\nseed = 1\nvendor = [\"gmicloud\"]\n").unwrap();
    let started = |arguments: &[&str], variable: Option<&str>| {
        let mut command = command(arguments);
        // The default file is the one in the folder in which the command is run.
        command.current_dir(file.parent().unwrap());
        if let Some(seed) = variable {
            command.env("STUNTDOUBLE_SEED", seed);
        }
        let served = serve(&mut command);
        let told = served.told.clone();
        assert_eq!(served.ended_by("-TERM"), Some(0));
        told
    };
    assert!(started(&[], None).contains("seed 1,"));
    assert!(started(&[], Some("2")).contains("seed 2,"));
    assert!(started(&["--seed", "3"], Some("2")).contains("seed 3,"));
}

#[test]
fn the_contracts_can_be_listed_shown_and_exported() {
    let listed = String::from_utf8(run(&["contract", "list"]).stdout).unwrap();
    for vendor in stuntdouble_contracts::vendors().unwrap() {
        assert!(listed.contains(&vendor.contract.full_id()), "{listed}");
    }
    let page = String::from_utf8(run(&["contract", "show", "gmicloud"]).stdout).unwrap();
    assert!(page.starts_with("# GMI Cloud"), "{page}");
    let exported = run(&["contract", "openapi", "302ai"]);
    let document: serde_json::Value = serde_json::from_slice(&exported.stdout).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let documented = run(&["contract", "openapi", "302ai", "--documented"]);
    assert_ne!(exported.stdout, documented.stdout);
}

#[test]
fn a_contract_laid_over_a_vendor_changes_what_is_served() {
    let file = folder("overlays").join("overlay.toml");
    std::fs::write(
        &file,
        "id = \"gmicloud\"\nedition = \"2026-12-01\"\n[problems.unknown_job]\ntext = \"gone\"\n",
    )
    .unwrap();
    let arguments = ["--listen", "127.0.0.1:0", "--contract", file.to_str().unwrap()];
    let served = serve(&mut command(&arguments));
    assert_eq!(served.ended_by("-TERM"), Some(0));
    std::fs::write(&file, "id = \"nobody\"\n").unwrap();
    assert_refused(&run(&arguments), &["nobody"]);
    std::fs::write(&file, "id = \"gmicloud\"\n[operations.poll]\nsource = \"hearsay\"\n").unwrap();
    assert_refused(&run(&arguments), &["hearsay", "[sources]"]);
}
