//! Listening addresses, and what a start says of them.

use std::io::{Read as _, Write as _};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use super::{ANY, Folder, Server, mockreel, refused};

/// The status line of a request to the control API, at an address.
fn ask_health(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /__admin/health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[test]
fn a_port_alone_and_localhost_are_served_on_both_loopback_addresses() {
    for address in ["0", ":0", "localhost:0"] {
        let folder = Folder::new(&format!("both-{}", address.replace(':', "-")));
        let server = Server::start(mockreel(&folder, &["--listen", address]));
        let port = server.address().port();
        assert_eq!(ask_health(SocketAddr::from(([127, 0, 0, 1], port))), "HTTP/1.1 200 OK", "{address}");
        if has_ipv6() {
            assert_eq!(ask_health((Ipv6Addr::LOCALHOST, port).into()), "HTTP/1.1 200 OK", "{address}");
        }
    }
}

#[test]
fn several_addresses_are_served_by_flag_variable_and_file() {
    let folder = Folder::new("several");
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let other = free();
    let flag = mockreel(&folder, &[&ANY[..], &["--listen", &other.to_string()]].concat());
    let mut variable = mockreel(&folder, &[]);
    variable.env("MOCKREEL_LISTEN", format!("127.0.0.1:0,{other}"));
    let file = folder.write("several.toml", &format!("listen = [\"127.0.0.1:0\", \"{other}\"]\n"));
    for command in [flag, variable, mockreel(&folder, &["--config", &file])] {
        let server = Server::start(command);
        assert_ne!(server.address(), other, "the first one is the main one");
        assert_eq!(ask_health(server.address()), "HTTP/1.1 200 OK");
        assert_eq!(ask_health(other), "HTTP/1.1 200 OK");
        assert_eq!(server.end("-TERM").0, Some(0));
    }
}

#[test]
fn a_taken_port_is_told_with_the_flag_that_chooses_another() {
    let folder = Folder::new("taken-flag");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (flag, value) in
        [("--listen", port.clone()), ("--port", format!("gmicloud={port}")), ("--admin-listen", port)]
    {
        let line = refused(mockreel(&folder, &[&ANY[..], &[flag, &value]].concat()));
        assert!(line.contains(&format!("choose another address with {flag}, as in {flag} ")), "{line}");
    }
}

#[test]
fn a_wrong_address_is_refused_with_the_forms_that_are_taken() {
    let folder = Folder::new("forms");
    let form = "expected ADDR:PORT, as in 127.0.0.1:4747, [::1]:4747 or localhost:4747, or a port alone";
    for address in ["nowhere", "70000", "http://127.0.0.1:4747", "1.2.3:80", "localhost:x"] {
        let line = refused(mockreel(&folder, &["--listen", address]));
        assert!(line.contains(form), "{line}");
        let line =
            refused(mockreel(&folder, &[&ANY[..], &["--port", &format!("gmicloud={address}")]].concat()));
        assert!(line.contains(form), "{line}");
        let line = refused(mockreel(&folder, &[&ANY[..], &["--admin-listen", address]].concat()));
        assert!(line.contains(form), "{line}");
    }
    folder.write("mockreel.toml", "seed = 1\nlisten = [\"127.0.0.1:0\", \"nowhere\"]\n");
    let line = refused(mockreel(&folder, &[]));
    assert!(line.contains("mockreel.toml:2:") && line.contains(form), "{line}");
}

#[test]
fn a_start_that_is_open_to_the_network_says_what_is_off_there() {
    let folder = Folder::new("open");
    let open = ["--listen", "0.0.0.0:0"];
    let server = Server::start(mockreel(&folder, &open));
    for line in [
        "open to the network",
        "--admin-token-env",
        "--allow-directives",
        "--allow-callbacks",
        "--public-url",
    ] {
        assert!(server.banner.contains(line), "{line}: {}", server.banner);
    }
    let switched_on = ["--allow-directives", "--allow-callbacks", "--public-url", "http://stand-in:4747"];
    let server = Server::start(mockreel(&folder, &[&open[..], &switched_on].concat()));
    assert!(server.banner.contains("--admin-token-env"), "{}", server.banner);
    assert!(
        !server.banner.contains("--allow") && !server.banner.contains("--public-url"),
        "{}",
        server.banner
    );
    let server = Server::start(mockreel(&folder, &ANY));
    assert!(!server.banner.contains("network"), "{}", server.banner);
}
