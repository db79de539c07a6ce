//! Bytes that never become a request, because the HTTP library refuses to read them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{filled, send_raw, targets};
use crate::support::quiet;
use mockreel_contracts::Operation;

#[tokio::test]
async fn what_no_http_library_reads_is_answered_by_the_vendor_all_the_same() {
    let emulator = quiet().start().await.unwrap();
    for target in targets(&emulator).await {
        let prefix = format!("/{}", target.contract.full_id());
        let path = filled(&target.contract.operations[&Operation::Poll].routes[0].path, "");
        let head = |line: &[u8]| {
            let host = emulator.address().to_string();
            [
                line,
                b" HTTP/1.1\r\nhost: ",
                host.as_bytes(),
                b"\r\nauthorization: Bearer k\r\nconnection: close\r\n\r\n",
            ]
            .concat()
        };
        let mut requests: Vec<(&str, Vec<u8>)> = vec![
            ("invalid UTF-8 in the path", head(&[b"GET ", prefix.as_bytes(), b"/\xff\xfe"].concat())),
            (
                "invalid UTF-8 in an id",
                head(&[b"GET ", prefix.as_bytes(), path.as_bytes(), b"\xff"].concat()),
            ),
            (
                "invalid UTF-8 in the query",
                head(&[b"GET ", prefix.as_bytes(), path.as_bytes(), b"?a=\xff"].concat()),
            ),
            ("valid UTF-8 in the path", head(format!("GET {prefix}/\u{e9}").as_bytes())),
            ("a bracket in the path", head(format!("GET {prefix}/<a>|^`\\").as_bytes())),
            ("a path beyond all paths", head(format!("GET {prefix}/{}", "a".repeat(70_000)).as_bytes())),
        ];
        let many = (0..300).map(|number| format!("x-{number}: y\r\n")).collect::<String>();
        requests.push((
            "three hundred headers",
            format!("GET {prefix}/nothing HTTP/1.1\r\nhost: localhost\r\n{many}connection: close\r\n\r\n")
                .into_bytes(),
        ));
        let vast = "v".repeat(600_000);
        requests.push((
            "a header beyond all headers",
            format!(
                "GET {prefix}/nothing HTTP/1.1\r\nhost: localhost\r\nx: {vast}\r\nconnection: close\r\n\r\n"
            )
            .into_bytes(),
        ));
        requests.push((
            "a header that is none",
            format!(
                "GET {prefix}/nothing HTTP/1.1\r\nhost: localhost\r\nno colon\r\nconnection: close\r\n\r\n"
            )
            .into_bytes(),
        ));
        for (what, request) in requests {
            let answer = send_raw(emulator.address(), &request).await;
            target.assert_own(what, &answer);
            assert!((400..500).contains(&answer.status), "{what}: {}", answer.status);
        }
        target.assert_unharmed().await;
    }
    let nobodys = send_raw(emulator.address(), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").await;
    assert_eq!(nobodys.header("content-type"), Some("application/problem+json"));
    assert!(nobodys.text().contains("use http:// instead of https://"), "{}", nobodys.text());
}

#[tokio::test]
async fn what_no_http_library_reads_is_answered_also_later_on_a_connection() {
    let emulator = quiet().start().await.unwrap();
    let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
    let first = b"POST /gmicloud/api/v1/ie/requestqueue/apikey/requests HTTP/1.1\r\nhost: localhost\r\n\
        authorization: Bearer k\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(first).await.unwrap();
    let mut told = vec![0; 4096];
    let length = stream.read(&mut told).await.unwrap();
    let told = String::from_utf8_lossy(&told[..length]).into_owned();
    assert!(told.starts_with("HTTP/1.1 400") && told.contains("\"error\""), "{told}");
    stream.write_all(b"GET /aimlapi/\xff HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 404") && told.contains("\"requestId\""), "{told}");
}

#[tokio::test]
async fn whoever_takes_the_emulator_for_a_proxy_is_told_so() {
    let emulator = quiet().start().await.unwrap();
    let request =
        b"CONNECT api.aimlapi.com:443 HTTP/1.1\r\nhost: api.aimlapi.com:443\r\nconnection: close\r\n\r\n";
    let answer = send_raw(emulator.address(), request).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(
        answer.text().contains(&format!("this is no proxy; use {}", emulator.base())),
        "{}",
        answer.text()
    );
}
