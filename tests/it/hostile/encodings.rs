//! Bodies with a content encoding.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use mockreel_emulator::{Emulator, Limits};
use reqwest::Method;
use serde_json::{Value, json};

use super::{newest, submit_path, targets};
use crate::support::{Answer, Caller, KEY, quiet};
use mockreel_contracts::Operation;
use mockreel_contracts::contract::views::examples::minimal;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn send(url: &str, encoding: &str, body: Vec<u8>) -> Answer {
    let caller = Caller::with_key(KEY);
    let request = caller.request(Method::POST, url).header("content-type", "application/json");
    caller.send(request.header("content-encoding", encoding).body(body)).await
}

async fn latest_entry(emulator: &Emulator) -> Value {
    let listed = Caller::without_key().get(&format!("{}/__admin/requests?limit=1", emulator.base())).await;
    listed.json()["requests"][0].clone()
}

#[tokio::test]
async fn a_packed_body_is_unpacked_where_the_vendor_does_so_and_refused_elsewhere() {
    let emulator = quiet().start().await.unwrap();
    for target in newest(targets(&emulator).await) {
        let model = &target.contract.models[0];
        let submit = &target.contract.operations[&Operation::Submit];
        if !submit.media_types.iter().any(|kind| kind == "application/json") {
            continue;
        }
        let url = format!("{}{}", target.base, submit_path(submit, model));
        let image = crate::support::fixture(&emulator, "side-300.png");
        let body = minimal(model, &[&image]).to_string().into_bytes();
        let unpacks = target.contract.default_options().is("request_encoding", "gzip");
        for (encoding, packed) in [
            ("gzip", gzip(&body)),
            ("GZIP", gzip(&body)),
            ("x-gzip", gzip(&body)),
            ("deflate", deflate(&body)),
        ] {
            let answer = send(&url, encoding, packed.clone()).await;
            target.assert_own(encoding, &answer);
            assert_eq!(answer.status < 300, unpacks, "{}: {}", target.contract.id, answer.text());
            let entry = latest_entry(&emulator).await;
            if unpacks {
                assert!(entry["request"]["body"].is_object(), "the journal shows what was meant: {entry}");
            } else {
                assert_eq!(entry["problem"], "malformed", "{entry}");
                assert!(entry["notes"].to_string().contains("request_encoding"), "{entry}");
            }
        }
        for (encoding, packed) in [
            ("br", b"\x0b\x02\x80{}\x03".to_vec()),
            ("zstd", body.clone()),
            ("gzip, gzip", gzip(&gzip(&body))),
        ] {
            let answer = send(&url, encoding, packed).await;
            target.assert_own(encoding, &answer);
            assert!(matches!(answer.status, 400 | 415), "{encoding}: {}", answer.text());
            let entry = latest_entry(&emulator).await;
            assert_eq!(entry["problem"], "malformed", "{entry}");
            assert!(entry["notes"].to_string().contains(encoding), "{entry}");
            assert!(entry["notes"].to_string().contains("gzip or deflate"), "{entry}");
        }
        for (what, packed) in [("plain", body.clone()), ("cut", gzip(&body)[..20].to_vec())] {
            let answer = send(&url, "gzip", packed).await;
            target.assert_own(what, &answer);
            assert_eq!(answer.status, 400, "{what}: {}", answer.text());
        }
        let answer = send(&url, "identity", body.clone()).await;
        assert!(answer.status < 300, "{}", answer.text());
        target.assert_unharmed().await;
    }
}

#[tokio::test]
async fn every_vendor_can_be_made_to_unpack_or_not() {
    let body = json!({"model": "Kling-Text2Video-V1.6-Standard", "payload": {"prompt": "a cat"}}).to_string();
    for (value, status) in [("gzip", 200), ("identity", 400)] {
        let emulator = quiet().option("gmicloud", "request_encoding", value).start().await.unwrap();
        let url = format!("{}/api/v1/ie/requestqueue/apikey/requests", emulator.url("gmicloud"));
        assert_eq!(send(&url, "gzip", gzip(body.as_bytes())).await.status, status, "{value}");
        let empty = Caller::with_key(KEY).request(Method::GET, &url).header("content-encoding", "gzip");
        assert_eq!(Caller::with_key(KEY).send(empty).await.status, 200, "there is nothing to unpack");
    }
}

#[tokio::test]
async fn a_small_body_that_unpacks_to_a_huge_one_is_too_large() {
    let limits = Limits { body_bytes: 1024 * 1024, ..Limits::default() };
    let emulator = quiet().limits(limits).start().await.unwrap();
    let url = format!("{}/v2/video/generations", emulator.url("aimlapi"));
    let bomb = gzip(&vec![b' '; 200 * 1024 * 1024]);
    assert!(bomb.len() < 1024 * 1024, "{} bytes", bomb.len());
    let answer = send(&url, "gzip", bomb).await;
    assert_eq!(answer.status, 413, "{}", answer.text());
    let exact = gzip(&vec![b' '; 1024 * 1024]);
    assert_eq!(send(&url, "gzip", exact).await.status, 400, "white space is no JSON");
}
