//! Images behind addresses: which are fetched, how patiently, and what is said about the others.

use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mockreel_contracts::{FailureReason, Phase};
use mockreel_emulator::{Emulator, Images, Latency};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::way;
use crate::support::{Caller, KEY, quiet};

/// A server of images on loopback that counts who comes, and what it answers to each path.
async fn image_server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let visits = Arc::new(AtomicUsize::new(0));
    let (counted, own) = (Arc::clone(&visits), base.clone());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (counted, own) = (Arc::clone(&counted), own.clone());
            tokio::spawn(async move {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut piece = [0; 1024];
                    let length = stream.read(&mut piece).await.unwrap_or(0);
                    if length == 0 {
                        return;
                    }
                    head.extend_from_slice(&piece[..length]);
                }
                let head = String::from_utf8(head).unwrap();
                assert!(head.starts_with("GET "), "{head}");
                let path = head.split(' ').nth(1).unwrap();
                let moved = |to: &str| ("302 Found", format!("location: {to}\r\n"), Vec::new());
                let (status, extra, body) = match path {
                    "/missing" => ("404 Not Found", String::new(), b"gone".to_vec()),
                    "/moved" => moved(&format!("{own}/landscape.jpg")),
                    "/moved/relative" => moved("/landscape.jpg"),
                    "/moved/by-name" => moved(&own.replace("127.0.0.1", "localhost").add("/landscape.jpg")),
                    "/moved/3" => moved(&format!("{own}/moved/2")),
                    "/moved/2" => moved("1"),
                    "/moved/1" => moved("/landscape.jpg"),
                    "/moved/4" => moved("3"),
                    "/moved/round" => moved("/moved/round"),
                    "/moved/to-missing" => moved("/missing"),
                    "/moved/away" => moved("http://10.1.2.3/x.png"),
                    "/moved/out" => moved("https://pictures.example/x.png?signature=abc"),
                    here if here.starts_with("/moved/here/") => {
                        moved(&format!("http://{}", here.trim_start_matches("/moved/here/")))
                    }
                    "/moved/file" => moved("file:///etc/hostname"),
                    "/moved/nowhere" => ("302 Found", String::new(), Vec::new()),
                    "/large" => ("200 OK", String::new(), vec![0; 30 * 1024 * 1024]),
                    "/silent" => {
                        // Held open until the other side gives up.
                        let _ = stream.read(&mut [0; 1]).await;
                        return;
                    }
                    "/vast" => {
                        let mut image = crate::support::fixture_bytes("side-300.png");
                        image[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
                        image[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
                        ("200 OK", String::new(), image)
                    }
                    "/words" => ("200 OK", "content-type: image/png\r\n".to_owned(), b"words".to_vec()),
                    name => ("200 OK", String::new(), crate::support::fixture_bytes(&name[1..])),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\n{extra}content-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body).await;
            });
        }
    });
    (base, visits)
}

/// What became of an image at an address, and what the control API notes about its job.
async fn met(emulator: &Emulator, url: &str) -> (Phase, Option<FailureReason>, Vec<String>) {
    let vendor = mockreel_contracts::vendor("aimlapi").unwrap();
    let way = way(emulator, &vendor.contract);
    let answer = way.submit(url).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    emulator.clock(KEY).advance_until_job(&id).await.unwrap();
    let job = Caller::with_key(KEY).get(&format!("{}/__admin/jobs/{id}", emulator.base())).await.json();
    let text = |name: &str| job[name].as_str().map(str::to_owned);
    let notes = job["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap().to_owned());
    (
        Phase::named(&text("phase").unwrap()).unwrap(),
        text("reason").and_then(|reason| FailureReason::named(&reason)),
        notes.collect(),
    )
}

#[tokio::test]
async fn an_image_on_loopback_is_fetched_and_judged_by_its_bytes() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let (server, visits) = image_server().await;
    let sound = met(&emulator, &format!("{server}/landscape.jpg")).await;
    assert_eq!(sound, (Phase::Succeeded, None, Vec::new()));
    assert_eq!(visits.load(Ordering::SeqCst), 1);
    let job = &emulator.jobs(KEY).list().await[0];
    assert!(job.clip.width > job.clip.height && job.clip.start.is_some(), "the clip shows the picture");
    for (path, reason) in [
        ("missing", FailureReason::UnreachablePicture),
        ("large", FailureReason::BadPicture),
        ("words", FailureReason::UnreadablePicture),
        ("side-299-wide.png", FailureReason::BadPicture),
    ] {
        let before = visits.load(Ordering::SeqCst);
        let seen = met(&emulator, &format!("{server}/{path}")).await;
        assert_eq!((seen.0, seen.1), (Phase::Failed, Some(reason)), "{path}");
        assert_eq!(visits.load(Ordering::SeqCst), before + 1, "{path}: one look each, and none further on");
    }
    // Bound and let go, so that nobody listens there.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let seen = met(&emulator, &format!("http://{nobody}/x.png")).await;
    assert_eq!(seen.1, Some(FailureReason::UnreachablePicture));
}

#[tokio::test]
async fn an_image_that_has_moved_is_followed_as_long_as_it_stays_on_loopback() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let (server, visits) = image_server().await;
    for (path, looks) in
        [("moved", 2), ("moved/relative", 2), ("moved/by-name", 2), ("moved/1", 2), ("moved/3", 4)]
    {
        let before = visits.load(Ordering::SeqCst);
        let seen = met(&emulator, &format!("{server}/{path}")).await;
        assert_eq!(seen, (Phase::Succeeded, None, Vec::new()), "{path}");
        assert_eq!(visits.load(Ordering::SeqCst) - before, looks, "{path}");
    }
    for (path, why, looks) in [
        ("moved/4", "redirected more than 3 times", 4),
        ("moved/round", "redirected more than 3 times", 4),
        ("moved/to-missing", "answered with status 404", 2),
        ("moved/away", "redirected from loopback to an address beyond it, which is not fetched", 1),
        ("moved/out", "redirected from loopback to an address beyond it, which is not fetched", 1),
        ("moved/nowhere", "answered with status 302 and no address to go to", 1),
    ] {
        let before = visits.load(Ordering::SeqCst);
        let (phase, reason, notes) = met(&emulator, &format!("{server}/{path}")).await;
        assert_eq!((phase, reason), (Phase::Failed, Some(FailureReason::UnreachablePicture)), "{path}");
        assert!(notes.iter().any(|note| note.ends_with(why)), "{path}: {notes:?}");
        assert!(!notes.iter().any(|note| note.contains("signature")), "{notes:?}");
        assert_eq!(visits.load(Ordering::SeqCst) - before, looks, "{path}");
    }
    let seen = met(&emulator, &format!("{server}/moved/file")).await;
    assert_eq!((seen.0, seen.1), (Phase::Failed, Some(FailureReason::UnreachablePicture)));
    let why = "redirected to what is no address of http or https, which is not fetched";
    assert!(seen.2.iter().any(|note| note.ends_with(why)), "{:?}", seen.2);
}

#[tokio::test]
async fn an_image_that_has_moved_to_the_emulator_itself_is_not_fetched_there() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let (server, _) = image_server().await;
    let port = emulator.address().port();
    let requests = async || {
        let caller = Caller::without_key();
        caller.get(&format!("{}/__admin/requests", emulator.base())).await.json()["total"].as_u64().unwrap()
    };
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("127.9.9.9:{port}")] {
        for path in ["__admin/requests", "gmicloud/api/v1/ie/requestqueue/apikey/requests", ""] {
            let before = requests().await;
            let (_, reason, notes) = met(&emulator, &format!("{server}/moved/here/{host}/{path}")).await;
            assert_eq!(reason, Some(FailureReason::UnreachablePicture), "{host} {path}");
            let why = "redirected to this emulator itself, which is not fetched";
            assert!(notes.iter().any(|note| note.ends_with(why)), "{host} {path}: {notes:?}");
            assert_eq!(requests().await, before + 1, "{host} {path}: the submit alone came here");
        }
    }
    let own = format!("{server}/moved/here/127.0.0.1:{port}/__fixtures/side-300.png");
    let kept = met(&emulator, &own).await;
    assert_eq!(kept, (Phase::Succeeded, None, Vec::new()), "an image of ours is one all the same");
}

#[tokio::test]
async fn whoever_names_an_image_beyond_our_own_limits_gets_to_know_whose_they_are() {
    let emulator = quiet().start().await.unwrap();
    let (server, _) = image_server().await;
    let vendor = mockreel_contracts::vendor("aimlapi").unwrap();
    let way = way(&emulator, &vendor.contract);
    for (path, limit) in [
        ("silent", Some("a file was not fetched: no answer in time")),
        ("moved/away", Some("redirected from loopback to an address beyond it")),
        ("moved/round", Some("redirected more than 3 times")),
        ("vast", Some("more than 64 Mi pixels")),
        ("missing", None),
        ("words", None),
        ("landscape.jpg", None),
    ] {
        let answer = way.submit(&format!("{server}/{path}")).await;
        let warning = answer.header("x-mockreel-warning");
        assert_eq!(warning.is_some(), limit.is_some(), "{path}: {warning:?}");
        if let Some((warning, limit)) = warning.zip(limit) {
            assert!(warning.starts_with("a limit of the emulator's own, not of the vendor: "), "{warning}");
            assert!(warning.contains(limit), "{path}: {warning}");
        }
    }
}

#[tokio::test]
async fn an_image_that_never_comes_is_given_up() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let (server, visits) = image_server().await;
    let seen = met(&emulator, &format!("{server}/silent")).await;
    assert_eq!((seen.0, seen.1), (Phase::Failed, Some(FailureReason::UnreachablePicture)));
    assert_eq!(visits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_image_that_nobody_fetches_is_noted_and_stands_for_a_good_one() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    for address in [
        "https://pictures.example/secret-path.png?signature=abc",
        "http://10.1.2.3/x.png",
        "http://[fd00::1]/x",
    ] {
        let (phase, reason, notes) = met(&emulator, address).await;
        assert_eq!((phase, reason), (Phase::Succeeded, None), "{address}");
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(notes[0].contains("not fetched") && notes[0].contains("--images offline"), "{notes:?}");
        assert!(!notes[0].contains("secret-path") && !notes[0].contains("signature"), "{notes:?}");
    }
}

#[tokio::test]
async fn loopback_is_left_alone_by_an_emulator_that_others_can_reach() {
    let everywhere = std::net::SocketAddr::from((std::net::Ipv4Addr::UNSPECIFIED, 0));
    let (server, visits) = image_server().await;
    let emulator = quiet().listen(everywhere).latency(Latency::INSTANT).start().await.unwrap();
    let (phase, _, notes) = met(&emulator, &format!("{server}/missing")).await;
    assert_eq!((phase, notes.len()), (Phase::Succeeded, 1), "{notes:?}");
    let fetching = quiet().listen(everywhere).images(Images::Fetch).latency(Latency::INSTANT);
    let emulator = fetching.start().await.unwrap();
    let seen = met(&emulator, &format!("{server}/landscape.jpg")).await;
    assert_eq!(seen.1, Some(FailureReason::UnreachablePicture));
    let port = server.rsplit(':').next().unwrap();
    let seen = met(&emulator, &format!("http://localhost:{port}/landscape.jpg")).await;
    assert_eq!(seen.1, Some(FailureReason::UnreachablePicture));
    assert_eq!(visits.load(Ordering::SeqCst), 0, "nobody came");
}

#[tokio::test]
async fn private_addresses_are_refused_without_being_asked() {
    let builder =
        quiet().images(Images::Fetch).latency(Latency::INSTANT).progress(mockreel_emulator::Progress::Time);
    let emulator = builder.start().await.unwrap();
    for address in [
        "10.1.2.3",
        "192.168.7.7",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]",
        "0.0.0.0",
    ] {
        let url = format!("http://{address}/x.png");
        let (phase, reason, notes) = met(&emulator, &url).await;
        assert_eq!((phase, reason), (Phase::Failed, Some(FailureReason::UnreachablePicture)), "{address}");
        assert!(notes.iter().any(|note| note.contains("private")), "{address}: {notes:?}");
    }
}

#[tokio::test]
async fn what_is_no_address_of_an_image_is_unreachable() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    for address in ["ftp://pictures.example/x.png", "file:///etc/hostname", "gopher://x/", "javascript://x"] {
        let seen = met(&emulator, address).await;
        assert_eq!((seen.0, seen.1), (Phase::Failed, Some(FailureReason::UnreachablePicture)), "{address}");
    }
    for path in [
        "__fixtures/none.png",
        "__media/none/cover.jpg",
        "__media/uploads/none.png",
        "gmicloud/",
        "__admin/health",
    ] {
        let seen = met(&emulator, &format!("{}/{path}", emulator.base())).await;
        assert_eq!(seen.1, Some(FailureReason::UnreachablePicture), "{path}");
    }
}
