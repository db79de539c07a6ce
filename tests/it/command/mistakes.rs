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
        (vec!["--admin-token-env", "MOCKREEL_TEST_UNSET"], "MOCKREEL_TEST_UNSET"),
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
