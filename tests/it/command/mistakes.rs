//! Mistakes on the command line: one line each, that names what is wrong and what is right.

use std::net::TcpListener;

use super::{ANY, Folder, mockreel, refused};

#[test]
fn a_taken_port_is_one_line() {
    let folder = Folder::new("taken");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = refused(mockreel(&folder, &["--listen", &address]));
    assert!(told.contains(&address), "{told}");
    let told = refused(mockreel(&folder, &[&ANY[..], &["--port", &format!("gmicloud={address}")]].concat()));
    assert!(told.contains(&address), "{told}");
    let told = refused(mockreel(&folder, &[&ANY[..], &["--admin-listen", &address]].concat()));
    assert!(told.contains(&address), "{told}");
}

#[test]
fn whatever_is_typed_wrongly_is_one_line_that_names_it() {
    let folder = Folder::new("typed");
    let broken = folder.write("broken.toml", "id = \"gmicloud\"\ncolour = 5\n");
    let nobodys = folder.write("nobodys.toml", "id = \"acme\"\n");
    let none = folder.0.join("none.toml").display().to_string();
    for (arguments, named) in [
        (vec!["--colour", "red"], "--colour"),
        (vec!["fly"], "fly"),
        (vec!["--listen", "nowhere"], "nowhere"),
        (vec!["--listen"], "--listen"),
        (vec!["--vendor", "acme"], "acme"),
        (vec!["--vendor", "aimlapi@1999-01-01"], "1999-01-01"),
        (vec!["--vendor", "aimlapi@soon"], "soon"),
        (vec!["--latency", "slowly"], "slowly"),
        (vec!["--latency", "-1"], "-1"),
        (vec!["--progress", "polls=x"], "x"),
        (vec!["--progress", "backwards"], "backwards"),
        (vec!["--clock", "sundial"], "sundial"),
        (vec!["--seed", "-1"], "-1"),
        (vec!["--seed", "many"], "many"),
        (vec!["--images", "paint"], "paint"),
        (vec!["--image-breach", "never"], "never"),
        (vec!["--public-url", "stand-in"], "stand-in"),
        (vec!["--public-url", "http://"], "http://"),
        (vec!["--port", "gmicloud"], "gmicloud"),
        (vec!["--port", "gmicloud=here"], "here"),
        (vec!["--port", "acme=127.0.0.1:0"], "acme"),
        (vec!["--vendor", "302ai", "--port", "gmicloud=127.0.0.1:0"], "gmicloud"),
        (vec!["--option", "gmicloud"], "gmicloud"),
        (vec!["--option", "gmicloud=video_url"], "gmicloud"),
        (vec!["--option", "acme.a=b"], "acme"),
        (vec!["--option", "gmicloud.colour=red"], "colour"),
        (vec!["--option", "gmicloud.result_shape=round"], "round"),
        (vec!["--config", &none], "none.toml"),
        (vec!["--config", &folder.0.display().to_string()], "typed"),
        (vec!["--contract", &none], "none.toml"),
        (vec!["--contract", &broken], "colour"),
        (vec!["--contract", &nobodys], "acme"),
        (vec!["--admin-token-env", "MOCKREEL_TEST_UNSET"], "--admin-token-env"),
        (vec!["contract"], "list"),
        (vec!["contract", "burn"], "burn"),
        (vec!["contract", "show"], "VENDOR"),
        (vec!["contract", "show", "acme"], "acme"),
        (vec!["contract", "openapi", "aimlapi@1999-01"], "1999-01"),
        (vec!["--seed", "1", "serve"], "--seed"),
    ] {
        let mut arguments = arguments;
        if !arguments.contains(&"--listen")
            && !["contract", "fly"].contains(&arguments[0])
            && !arguments.contains(&"serve")
        {
            arguments.extend(ANY);
        }
        let told = refused(mockreel(&folder, &arguments));
        assert!(told.contains(named), "{arguments:?}: {told}");
    }
}

#[test]
fn a_mistyped_flag_or_command_is_told_with_what_there_is_and_without_the_usage() {
    let folder = Folder::new("mistyped");
    for (arguments, line) in [
        (
            &["--lisen", "1"][..],
            "unexpected argument '--lisen' found; a similar argument exists: '--listen'; see `mockreel --help`",
        ),
        (
            &["start"],
            "unrecognized subcommand 'start'; expected one of serve, demo, contract, check, plan, drift, scenario, baseline",
        ),
        (
            &["help", "scenario", "chek"],
            "unrecognized subcommand 'chek'; expected one of list, show, check, schema",
        ),
        (&["contract"], "`contract` needs one of list, show, openapi, import; see `mockreel --help`"),
    ] {
        assert_eq!(refused(mockreel(&folder, arguments)), format!("mockreel: {line}"));
    }
    for arguments in
        [&["baseline", "update", "x"][..], &["check", "--lst"], &["drift", "--foo"], &["contract", "burn"]]
    {
        let line = refused(mockreel(&folder, arguments));
        assert!(
            !line.contains("Usage") && !line.contains("<COMMAND>") && !line.contains("[OPTIONS]"),
            "{line}"
        );
    }
}

#[test]
fn a_value_is_blamed_on_the_variable_or_the_line_that_it_came_from() {
    let folder = Folder::new("blamed");
    for (name, value, expected) in [
        ("MOCKREEL_SEED", "abc", "MOCKREEL_SEED=abc: expected a whole number from 0 to"),
        ("MOCKREEL_SEED", "-1", "MOCKREEL_SEED=-1: expected a whole number from 0 to"),
        ("MOCKREEL_LISTEN", "nowhere", "MOCKREEL_LISTEN=nowhere: "),
        (
            "MOCKREEL_STRICT_DIRECTIVES",
            "perhaps",
            "MOCKREEL_STRICT_DIRECTIVES=perhaps: expected true or false",
        ),
        ("MOCKREEL_SCENARIO", "no-such", "MOCKREEL_SCENARIO=no-such: there is no scenario"),
        ("MOCKREEL_LATENCY", "slowly", "MOCKREEL_LATENCY=slowly: "),
        ("MOCKREEL_CLOCK", "sundial", "MOCKREEL_CLOCK=sundial: expected system or manual"),
        ("MOCKREEL_VENDOR", "acme", "MOCKREEL_VENDOR=acme: there is no vendor `acme`"),
        ("MOCKREEL_OPTION", "gmicloud.x=y", "MOCKREEL_OPTION=gmicloud.x=y: "),
    ] {
        let mut command = mockreel(&folder, &["serve"]);
        command.env(name, value);
        let line = refused(command);
        assert!(line.starts_with(&format!("mockreel: {expected}")), "{line}");
    }
    let mut command = mockreel(&folder, &["serve", "--seed", "many"]);
    command.env("MOCKREEL_SEED", "1");
    assert!(!refused(command).contains("MOCKREEL_SEED"), "the flag was typed");
    folder.write("mockreel.toml", "seed = 1\nclock = \"sundial\"\n");
    let line = refused(mockreel(&folder, &["serve"]));
    assert_eq!(line, "mockreel: mockreel.toml:2:10: clock = sundial: expected system or manual");
    let file = folder.write("other.toml", "option = [\n  \"gmicloud.x=y\",\n]\n");
    let line = refused(mockreel(&folder, &["--config", &file]));
    assert!(line.contains("other.toml:2:4: option = gmicloud.x=y: expected VENDOR.NAME=VALUE"), "{line}");
}

#[test]
fn a_mistake_is_answered_with_the_next_step() {
    let folder = Folder::new("next-step");
    folder.write("r.json", "[]");
    let slip = "[[key]]\nkey = \"k\"\nlacks = [\"kling-image2video-v1.6-standard\"]\nvendor = \"gmicloud\"\n";
    let no_model = folder.write("slip.toml", slip);
    let nobody = folder.write("nobody.toml", "[account.gmi]\n");
    let empty = folder.write("empty.toml", "[[key]]\nkey = \"\"\n");
    let update = |reason, day| {
        ["baseline", "update", "b.toml", "--report", "r.json", "--reason", reason, "--expires", day]
    };
    for (arguments, expected) in [
        (&["--seed", "-1"][..], "expected a whole number from 0 to"),
        (&["--clips-ahead", "-1"], "expected a whole number from 0 on"),
        (&["--clips-ahead", "many"], "expected a whole number from 0 on"),
        (&["--latency", "-1"], "--latency -1: "),
        (&["check", "gmicloud", "--max-spend", "-1"], "--max-spend -1: "),
        (&["--port", "gmi="], "(did you mean `gmicloud`?)"),
        (&["--port", "4750"], "say --listen 4750"),
        (&["--option", "gmi.x"], "(did you mean `gmicloud`?)"),
        (&["--option", "gmicloud.result_shap=x"], "(did you mean `result_shape`?)"),
        (&["--option", "gmicloud.result_shape"], "`mockreel contract show gmicloud` lists the values"),
        (
            &["--option", "gmicloud.result_shape=a", "--option", "gmicloud.result_shape=b"],
            "is given `a` as well: keep one",
        ),
        (&["scenario", "show", "stuck-queue"], "(did you mean `gmicloud/stuck-queue`?)"),
        (&["--config", &no_model], "key 1: `lacks` names `kling-image2video-v1.6-standard`"),
        (&["--config", &nobody], "`gmi` is not served; there are "),
        (&["--config", &empty], "key 1: `key` is empty"),
        (&["--listen", "::1:0"], "write `[::1]:0`"),
        (&["contract", "show", "gmi"], "(did you mean `gmicloud`?)"),
        (&["check", "gmicloud", "--wait", "-5s"], "--wait -5s: "),
        (&["--latency", "1e300"], "a factor from 0 to 1000000"),
        (&["--host", "0.0.0.0"], "did you mean '--listen'?"),
        (&["--strict"], "--strict-directives"),
        (&["--config", "none.toml"], "there is no such file or folder; check the path"),
        (&["--contract", "none.toml"], "there is no such file or folder; check the path"),
        (&["scenario", "check", "none.toml"], "there is no such file or folder; check the path"),
        (
            &["check", "gmicloud", "--baseline", "none.toml"],
            "there is no such file or folder; check the path",
        ),
        (&update("", "2999-01-01"), "--reason: expected why"),
        (&update("a stub", "2020-01-01"), "--expires 2020-01-01: expected today"),
        (&update("a stub", "soon"), "--expires soon: expected today"),
    ] {
        let line = refused(mockreel(&folder, arguments));
        assert!(line.contains(expected), "{arguments:?}: {line}");
    }
}

#[test]
fn a_file_of_scenarios_is_told_what_is_suspicious_in_it() {
    let folder = Folder::new("suspicious");
    let text =
        "[[scenario]]\nname = \"a\"\nmatch = { model = \"no-such-*\" }\nthen = { job = { slower = 1 } }\n";
    let file = folder.write("suspicious.toml", text);
    let output = mockreel(&folder, &["scenario", "check", &file]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(warning.contains("warning: scenario `a`: `model` is `no-such-*`"), "{warning}");
    let wrong = text.replace("model = \"no-such-*\"", "operation = \"poll\"");
    let file = folder.write("wrong.toml", &wrong);
    for arguments in [&["scenario", "check", &file][..], &["--scenario", &file]] {
        let line = refused(mockreel(&folder, arguments));
        assert!(line.contains("wrong.toml:2:9: scenario `a`: `job` is never met"), "{line}");
    }
}
