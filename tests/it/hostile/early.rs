//! Answers that are known before the body has come: the body is read first, so that the caller gets to read them.

use std::net::{Ipv4Addr, SocketAddr};

use mockreel_contracts::contract::model::operation::OperationFacts;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Caller, KEY, quiet};
use mockreel_emulator::Emulator;

/// How much is sent, in bytes: more than the buffers of both sides take.
const LENGTH: usize = 12 * 1024 * 1024;

/// Sends a large body to the end, as a plain client does that reads only afterwards; answers the status.
async fn upload(address: SocketAddr, method: &str, path: &str, headers: &str) -> Result<u16, String> {
    let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let head = format!("{method} {path} HTTP/1.1\r\n{headers}content-length: {LENGTH}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.map_err(|error| format!("the head: {error}"))?;
    let piece = vec![b' '; 64 * 1024];
    for sent in (0..LENGTH).step_by(piece.len()) {
        stream.write_all(&piece).await.map_err(|error| format!("after {sent} bytes: {error}"))?;
    }
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.map_err(|error| format!("the answer: {error}"))?;
    String::from_utf8_lossy(&line)[9..].parse().map_err(|_| format!("{line:?}"))
}

#[tokio::test]
async fn a_large_body_is_read_before_any_early_answer() {
    let own = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let emulator: Emulator =
        quiet().port("gmicloud", own).admin(Some(own.into()), None).start().await.unwrap();
    let (main, admin) = (emulator.address(), emulator.admin_address());
    let local = "host: localhost\r\n";
    let foreign = "host: evil.example\r\n";
    let preflight = format!("{local}origin: http://a.example\r\naccess-control-request-method: POST\r\n");
    let order = format!("{local}content-type: application/json\r\n");
    let submit = "/v2/video/generations";
    for (what, address, method, path, headers, status) in [
        ("nobody's path", main, "POST", "/kling/v1/videos/image2video", local, 404),
        ("nobody's host", main, "POST", submit, foreign, 404),
        ("no path at all", main, "POST", "/", local, 404),
        ("a vendor's unknown path", main, "POST", "/aimlapi/v9", local, 404),
        ("no key", main, "POST", "/aimlapi/v2/video/generations", local, 401),
        ("another method", main, "PUT", "/gmicloud/api/v1/ie/requestqueue/apikey/requests", local, 405),
        ("a preflight", main, "OPTIONS", "/302ai/klingai/m2v_txt2video_hq_5s", &preflight, 0),
        ("a foreign order", admin, "POST", "/__admin/reset", foreign, 403),
        ("an order of another type", admin, "POST", "/__admin/reset", local, 415),
        ("an order beyond all orders", admin, "POST", "/__admin/scenarios", &order, 413),
        ("the control API is elsewhere", main, "POST", "/__admin/reset", &order, 404),
        ("a vendor where there is none", admin, "POST", "/gmicloud/api", local, 404),
        ("a result that is posted", main, "POST", "/__media/none/video.mp4", local, 405),
        ("an upload that is not", main, "PUT", "/__media/uploads/none.png", local, 404),
        ("a picture that is posted", main, "POST", "/__fixtures/square.jpg", local, 405),
    ] {
        for _ in 0..3 {
            let answered = upload(address, method, path, headers).await;
            let answered = answered.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(answered == status || status == 0 && answered < 300, "{what}: {answered}");
        }
    }
}

#[tokio::test]
async fn a_body_beyond_what_the_vendor_reads_is_refused_in_its_words_on_a_plain_connection() {
    let emulator = quiet()
        .limits(mockreel_emulator::Limits { body_bytes: 1024 * 1024, ..Default::default() })
        .start()
        .await
        .unwrap();
    for vendor in crate::support::newest() {
        let contract = &vendor.contract;
        let submit: &OperationFacts = &contract.operations[&mockreel_contracts::Operation::Submit];
        let path = format!("/{}{}", contract.id, submit.routes[0].path);
        let headers =
            format!("host: localhost\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n");
        let status = upload(emulator.address(), "POST", &path, &headers).await;
        assert_eq!(status, Ok(contract.problems["too_large"].status), "{}", contract.id);
    }
}

#[tokio::test]
async fn every_405_says_which_methods_there_are() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let mut paths: Vec<String> = vec![
        "/__admin/jobs".to_owned(),
        "/__admin/clock/advance".to_owned(),
        "/__media/none/video.mp4".to_owned(),
        "/__fixtures/square.jpg".to_owned(),
    ];
    for vendor in crate::support::newest() {
        for operation in vendor.contract.operations.values() {
            let routes = operation.routes.iter().filter(|route| route.option.is_none());
            paths.extend(routes.map(|route| format!("/{}{}", vendor.id(), super::filled(&route.path, "x"))));
        }
    }
    let mut refused = 0;
    for path in paths {
        for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "GET", "POST"] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let request = caller.request(method.clone(), &format!("{}{path}", emulator.base()));
            let answer = caller.send(request.header("content-type", "application/json")).await;
            if answer.status != 405 {
                continue;
            }
            refused += 1;
            let allowed = answer.header("allow").unwrap_or_else(|| panic!("{method} {path}: no Allow"));
            let names: Vec<&str> = allowed.split(", ").collect();
            assert!(!names.contains(&method.as_str()) && names != [""], "{method} {path}: {allowed}");
            assert_eq!(names.contains(&"GET"), names.contains(&"HEAD"), "{method} {path}: {allowed}");
        }
    }
    assert!(refused > 20, "{refused}");
    let admin = caller.request(reqwest::Method::TRACE, &format!("{}/__admin/jobs", emulator.base()));
    let answer = caller.send(admin).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{}", answer.text());
}
