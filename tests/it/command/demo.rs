//! `mockreel demo`: a video of each vendor, and commands that make it again.

use std::path::Path;
use std::process::Command;

use super::{ANY, Folder, Server, mockreel, refused};
use crate::support::newest;

fn assert_is_mp4(path: &Path) {
    let bytes = std::fs::read(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    assert_eq!(&bytes[4..8], b"ftyp", "{} is no MP4", path.display());
}

/// Runs the demo; answers what it printed.
fn demo(folder: &Folder, arguments: &[&str]) -> String {
    let output = mockreel(folder, &[&["demo"], arguments].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Makes a video, and then again with the commands that were printed.
fn demo_and_paste(server: &str, name: &str) {
    let folder = Folder::new(&format!("demo-{name}"));
    let printed = demo(&folder, &[name]);
    let file = format!("{}.mp4", name.split('@').next().unwrap());
    assert!(printed.starts_with(&format!("{file}: ")), "{printed}");
    assert_is_mp4(&folder.0.join(&file));
    let commands: Vec<&str> = printed.lines().skip(2).take_while(|line| !line.is_empty()).collect();
    assert!(commands.iter().filter(|line| line.starts_with("curl ")).count() >= 3, "{printed}");
    let script = commands.join("\n").replace("127.0.0.1:4747", server);
    let done = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(&folder.0)
        .env("NO_PROXY", "*")
        .output()
        .expect("this test needs bash and curl: install them");
    assert!(done.status.success(), "{script}\n{}", String::from_utf8_lossy(&done.stderr));
    let same =
        std::fs::read(folder.0.join("video.mp4")).unwrap() == std::fs::read(folder.0.join(file)).unwrap();
    assert!(same, "the same seed, key and requests give the same video\n{script}");
}

#[test]
fn every_vendor_makes_a_video_and_the_printed_commands_make_it_again() {
    let folder = Folder::new("demo-server");
    // The ids are those of the seed that the demo names, however long jobs take.
    let server =
        Server::start(mockreel(&folder, &[&ANY[..], &["--seed", "1", "--latency", "instant"]].concat()));
    let address = server.address().to_string();
    std::thread::scope(|scope| {
        for vendor in newest() {
            let address = &address;
            scope.spawn(move || demo_and_paste(address, vendor.id()));
        }
        scope.spawn(|| demo_and_paste(&address, "aimlapi@2025-07-24"));
    });
}

#[test]
fn a_video_that_is_there_already_is_never_overwritten() {
    let folder = Folder::new("demo-names");
    let vendor = newest()[0].id().to_owned();
    folder.write(&format!("{vendor}.mp4"), "mine");
    folder.write(&format!("{vendor}-2.mp4"), "mine too");
    let printed = demo(&folder, &[]);
    let next = format!("{vendor}-3.mp4");
    assert!(printed.starts_with(&format!("{next}: ")), "{printed}");
    assert_is_mp4(&folder.0.join(next));
    assert_eq!(std::fs::read_to_string(folder.0.join(format!("{vendor}.mp4"))).unwrap(), "mine");
    let line = refused(mockreel(&folder, &["demo", "--out", &format!("{vendor}.mp4")]));
    assert!(line.contains("not overwritten"), "{line}");
    demo(&folder, &["--out", "here.mp4"]);
    assert_is_mp4(&folder.0.join("here.mp4"));
}

#[test]
fn a_demo_of_no_vendor_is_one_line() {
    let folder = Folder::new("demo-nobody");
    for name in ["acme", "aimlapi@1999-01-01"] {
        let line = refused(mockreel(&folder, &["demo", name]));
        assert!(line.contains(name.split('@').next_back().unwrap()), "{line}");
    }
}
