//! Environment variables: empty ones, unknown ones, and those of Kubernetes.

use std::process::{Command, Output};

use super::{ANY, Folder, Server, mockreel};

/// The variables of a command's flags, and of the commands below it, as `--help` names them.
fn variables(folder: &Folder, path: &[&str]) -> Vec<String> {
    let help = mockreel(folder, &[path, &["--help"]].concat()).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut names: Vec<String> =
        help.split("[env: ").skip(1).map(|rest| rest.split('=').next().unwrap().to_owned()).collect();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in listed.take_while(|line| line.starts_with("  ")) {
        let command = line.split_whitespace().next().unwrap();
        if command == "help" {
            continue;
        }
        names.extend(variables(folder, &[path, &[command]].concat()));
    }
    names.sort();
    names.dedup();
    names
}

/// What a command prints, with variables set.
fn run<'a>(
    folder: &Folder,
    arguments: &[&str],
    variables: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> (Option<i32>, String, String) {
    let mut command: Command = mockreel(folder, arguments);
    let Output { status, stdout, stderr } = command.envs(variables).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn an_empty_variable_counts_as_not_set_for_every_flag_of_every_command() {
    let folder = Folder::new("empty-variables");
    let mut names = variables(&folder, &[]);
    assert!(names.len() > 40, "{names:?}");
    names.push("MOCKREEL_LOG".to_owned());
    names.push("MOCKREEL_NOBODY_KNOWS".to_owned());
    let empty = || names.iter().map(|name| (name.as_str(), ""));
    for arguments in [
        &["check", "--list", "302ai"][..],
        &["plan", "302ai", "--only", "NET"],
        &["drift", "aimlapi@2025-03", "aimlapi@2025-05"],
        &[
            "drift",
            "watch",
            "aimlapi@2025-03",
            "aimlapi@2025-05",
            "--date",
            "2026-01-31",
            "--history",
            "h.jsonl",
        ],
        &["contract", "list"],
    ] {
        let _ = std::fs::remove_file(folder.0.join("h.jsonl"));
        let without = run(&folder, arguments, []);
        let _ = std::fs::remove_file(folder.0.join("h.jsonl"));
        assert_eq!(run(&folder, arguments, empty()), without, "{arguments:?}");
    }
    let mut command = mockreel(&folder, &[&ANY[..], &["--seed", "5"]].concat());
    command.envs(empty());
    let server = Server::start(command);
    assert!(server.banner.contains("seed 5, jobs progress by time"), "{}", server.banner);
}

#[test]
fn an_unknown_variable_is_named_once_with_the_one_that_was_probably_meant() {
    let folder = Folder::new("unknown-variables");
    let unknown = |name, value| run(&folder, &["contract", "list"], [(name, value)]).2;
    for (name, near) in [
        ("MOCKREEL_SEDE", "MOCKREEL_SEED"),
        ("MOCKREEL_LATENCIES", "MOCKREEL_LATENCY"),
        ("MOCKREEL_DRIFT_REPORTS", "MOCKREEL_DRIFT_REPORT"),
        ("MOCKREEL_PORT", "MOCKREEL_LISTEN"),
        ("MOCKREEL_HOST", "MOCKREEL_LISTEN"),
        ("MOCKREEL_BASE_URL", "MOCKREEL_PUBLIC_URL"),
        ("MOCKREEL_SCENARIOS", "MOCKREEL_SCENARIO"),
        ("MOCKREEL_STRICT", "MOCKREEL_STRICT_DIRECTIVES"),
        ("MOCKREEL_LOG_LEVEL", "MOCKREEL_LOG"),
    ] {
        assert_eq!(
            unknown(name, "1"),
            format!(
                "mockreel: {name} is not a variable of Mockreel and has no effect; did you mean {near}?\n"
            )
        );
    }
    assert!(unknown("MOCKREEL_PORT", "gmicloud=4800").contains("did you mean MOCKREEL_VENDOR_PORT?"));
    assert_eq!(
        unknown("MOCKREEL_XYZ", "1"),
        "mockreel: MOCKREEL_XYZ is not a variable of Mockreel and has no effect\n"
    );
    for known in ["MOCKREEL_SEED", "MOCKREEL_DRIFT_DATE", "MOCKREEL_LOG", "MOCKREEL_VENDOR_SPECS"] {
        assert_eq!(unknown(known, "1"), "", "{known}");
    }
}

#[test]
fn a_variable_that_a_flag_or_the_file_names_is_not_unknown() {
    let folder = Folder::new("named-variables");
    let secret = [("MOCKREEL_SECRET_OF_MINE", "secret")];
    let check = ["check", "--list", "302ai"];
    assert!(run(&folder, &check, secret).2.contains("MOCKREEL_SECRET_OF_MINE"));
    assert_eq!(run(&folder, &[&check[..], &["--key-env", secret[0].0]].concat(), secret).2, "");
    assert_eq!(run(&folder, &check, [secret[0], ("MOCKREEL_KEY_ENV", secret[0].0)]).2, "");
    folder.write("mockreel.toml", "[check]\nkey_env = \"MOCKREEL_SECRET_OF_MINE\"\n");
    assert_eq!(run(&folder, &check, secret).2, "");
}

#[test]
fn what_kubernetes_sets_for_services_is_passed_over() {
    let folder = Folder::new("kubernetes");
    let of_services = [
        ("MOCKREEL_SERVICE_HOST", "10.0.0.11"),
        ("MOCKREEL_SERVICE_PORT", "4747"),
        ("MOCKREEL_SERVICE_PORT_HTTP", "4747"),
        ("MOCKREEL_PORT", "tcp://10.0.0.11:4747"),
        ("MOCKREEL_PORT_4747_TCP", "tcp://10.0.0.11:4747"),
        ("MOCKREEL_PORT_4747_TCP_PROTO", "tcp"),
        ("MOCKREEL_PORT_4747_TCP_PORT", "4747"),
        ("MOCKREEL_PORT_4747_TCP_ADDR", "10.0.0.11"),
        ("MOCKREEL_SOMETHING_SERVICE_HOST", "10.0.0.12"),
        ("MOCKREEL_SOMETHING_SERVICE_PORT", "53"),
        ("MOCKREEL_SOMETHING_PORT", "udp://10.0.0.12:53"),
        ("MOCKREEL_SOMETHING_PORT_53_UDP", "udp://10.0.0.12:53"),
        // Of a service called `mockreel-vendor`, though a flag of ours reads that name.
        ("MOCKREEL_VENDOR_PORT", "tcp://10.0.0.13:80"),
    ];
    let mut command = mockreel(&folder, &ANY);
    command.envs(of_services);
    let server = Server::start(command);
    assert_eq!(server.end("-TERM"), (Some(0), String::new()));
}
