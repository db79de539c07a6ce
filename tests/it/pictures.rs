//! Pictures on and beyond every limit, by every way on which a vendor takes them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::Value;
use stuntdouble_contracts::contract::examples::minimal;
use stuntdouble_contracts::contract::model::Model;
use stuntdouble_contracts::contract::operation::IdPlace;
use stuntdouble_contracts::contract::picture::{PictureRole, Transport, slots};
use stuntdouble_contracts::contract::read::observe;
use stuntdouble_contracts::contract::rules::Checker;
use stuntdouble_contracts::{Contract, FailureReason, Phase, Vendor};
use stuntdouble_emulator::{Emulator, EmulatorBuilder, ImageBreach, Images, Latency, fixtures};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Answer, Caller, KEY, quiet};

/// What the table of `fixtures/images/README.md` says: whether each picture keeps every rule.
fn table() -> BTreeMap<String, bool> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/images/README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let table: BTreeMap<String, bool> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].trim_matches('`').to_owned(), cells[cells.len() - 1] == "yes")
        })
        .collect();
    assert_eq!(table.len(), fixtures::all().len());
    table
}

/// The picture rule that a fixture breaks by the vendors' common limits, if it breaks one.
fn broken_rule(name: &str) -> Option<&'static str> {
    match name {
        "side-299-wide.png" | "side-299-tall.png" => Some("picture_side"),
        "ratio-beyond-5-2.png" | "ratio-beyond-2-5.png" => Some("picture_aspect"),
        "over-ten-megabytes.jpg" => Some("picture_bytes"),
        "truncated.jpg" | "truncated.png" | "bomb.png" | "bomb.jpg" | "zero-sized.png" | "empty.bin"
        | "not-a-picture.txt" => Some("picture_unreadable"),
        "animation.gif" | "picture.webp" | "picture.bmp" => Some("picture_format"),
        _ => None,
    }
}

/// One way for one picture to a model's first slot.
struct Way {
    model: String,
    url: String,
    pointer: String,
    body: Value,
    transports: Vec<Transport>,
    aspect_counts: bool,
}

/// The models of a vendor that take a picture, one for each kind of request.
fn way(emulator: &Emulator, contract: &Contract) -> Way {
    let model: &Model = contract
        .models
        .values()
        .find(|model| !slots(&model.request, &minimal(model, &["http://p.example/x.png"])).is_empty())
        .expect("every vendor has a model that takes a picture");
    let body = minimal(model, &["http://p.example/x.png"]);
    let (pointer, transports, aspect_counts) = {
        let found = slots(&model.request, &body);
        let slot = found.iter().find(|slot| slot.rules.role == PictureRole::First).unwrap();
        (slot.pointer.clone(), slot.rules.transports.clone(), slot.rules.max_aspect.is_some())
    };
    let fits = |held: &Option<String>| held.as_ref().is_none_or(|id| *id == model.id);
    let route = contract.operations["submit"].routes.iter().find(|route| fits(&route.model)).unwrap();
    let url = format!("{}{}", emulator.url(&contract.id), route.path);
    Way { model: model.id.clone(), url, pointer, body, transports, aspect_counts }
}

impl Way {
    /// Submits the request with something else where its picture stands.
    async fn submit(&self, picture: &str) -> Answer {
        let mut body = self.body.clone();
        *body.pointer_mut(&self.pointer).unwrap() = picture.into();
        Caller::with_key(KEY).post(&self.url, &body).await
    }

    async fn submit_file(&self, name: &str, bytes: Vec<u8>, bare: bool) -> Answer {
        let mut form = reqwest::multipart::Form::new();
        for (member, value) in self.body.as_object().unwrap() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let part = if self.pointer == format!("/{member}") {
                let part = reqwest::multipart::Part::bytes(bytes.clone());
                if bare { part } else { part.file_name(name.to_owned()) }
            } else {
                reqwest::multipart::Part::text(text)
            };
            form = form.part(member.clone(), part);
        }
        let caller = Caller::with_key(KEY);
        caller.send(caller.request(Method::POST, &self.url).multipart(form)).await
    }
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Succeeded,
    Failed,
    Refused,
}

/// Follows a request to its end, and asserts on the way that the vendor speaks for itself.
async fn fate(emulator: &Emulator, contract: &Contract, answer: &Answer, what: &str) -> Fate {
    let submit = &contract.operations["submit"];
    if answer.status != submit.status.enforced {
        let refusals = Checker::new(contract.problem_schema.clone()).unwrap();
        assert!(refusals.accepts(&answer.json()), "{what}: {}", answer.text());
        let told: Vec<u16> = contract.problems["invalid"]
            .variants
            .values()
            .filter_map(|variant| variant.status)
            .chain([contract.problems["invalid"].status])
            .collect();
        assert!(told.contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
        return Fate::Refused;
    }
    let id = observe(submit, contract, &answer.json()).id.unwrap();
    emulator.clock(KEY).advance_until_job(&id).await.unwrap();
    let poll = &contract.operations["poll"];
    let base = emulator.url(&contract.id);
    let path = &poll.routes[0].path;
    let url = match poll.job_id.as_ref().unwrap() {
        IdPlace::Path(name) => format!("{base}{}", path.replace(&format!("{{{name}}}"), &id)),
        IdPlace::Query(name) => format!("{base}{path}?{name}={id}"),
    };
    let last = Caller::with_key(KEY).get(&url).await;
    assert_eq!(last.status, 200, "{what}: {}", last.text());
    let seen = observe(poll, contract, &last.json());
    match seen.phase {
        Some(Phase::Succeeded) => {
            assert!(seen.video_url.is_some(), "{what}: {}", last.text());
            Fate::Succeeded
        }
        Some(Phase::Failed) => {
            assert!(seen.failure.is_some() && seen.video_url.is_none(), "{what}: {}", last.text());
            Fate::Failed
        }
        other => panic!("{what}: it ended as {other:?}: {}", last.text()),
    }
}

fn newest() -> Vec<Vendor> {
    stuntdouble_contracts::vendors().unwrap().iter().filter(|vendor| vendor.newest).cloned().collect()
}

/// What should become of a picture, with the given moment of noticing.
fn wanted(contract: &Contract, moment: ImageBreach, rule: Option<&str>, way: &Way) -> Fate {
    let Some(rule) = rule.filter(|rule| *rule != "picture_aspect" || way.aspect_counts) else {
        return Fate::Succeeded;
    };
    let at_once = match moment {
        ImageBreach::Vendor => contract.pictures.refused_at_submit.iter().any(|held| held == rule),
        ImageBreach::Submit => true,
        ImageBreach::Job => false,
    };
    if at_once { Fate::Refused } else { Fate::Failed }
}

async fn every_picture_by_every_way(moment: ImageBreach, small_only: bool) {
    let instant = || -> EmulatorBuilder { quiet().latency(Latency::INSTANT).image_breach(moment) };
    let emulator = instant().start().await.unwrap();
    let table = table();
    for vendor in newest() {
        let contract = &vendor.contract;
        let way = way(&emulator, contract);
        for held in fixtures::all().iter().filter(|held| !small_only || held.padded_to.is_none()) {
            let rule = broken_rule(held.name);
            assert_eq!(rule.is_none(), table[held.name], "{} in the table of the pictures", held.name);
            for transport in &way.transports {
                let what = format!("{} {} by {transport:?} to {}", held.name, held.media_type, way.model);
                let content = held.content();
                let answer = match transport {
                    Transport::Url => {
                        way.submit(&format!("{}/__fixtures/{}", emulator.base(), held.name)).await
                    }
                    Transport::DataUri => {
                        let kind = held.media_type.split(';').next().unwrap();
                        way.submit(&format!("data:{kind};base64,{}", STANDARD.encode(&content))).await
                    }
                    // Nothing in base64 is the empty text, which names no picture at all.
                    Transport::Base64 if content.is_empty() => continue,
                    Transport::Base64 => way.submit(&STANDARD.encode(&content)).await,
                    Transport::Part => way.submit_file(held.name, content.into_owned(), false).await,
                };
                let seen = fate(&emulator, contract, &answer, &what).await;
                assert_eq!(seen, wanted(contract, moment, rule, &way), "{what}: {}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn every_picture_meets_with_what_its_table_and_the_contract_say() {
    every_picture_by_every_way(ImageBreach::Vendor, false).await;
}

#[tokio::test]
async fn every_bad_picture_can_be_refused_at_once() {
    every_picture_by_every_way(ImageBreach::Submit, true).await;
}

#[tokio::test]
async fn every_bad_picture_can_fail_its_job() {
    every_picture_by_every_way(ImageBreach::Job, true).await;
}

#[tokio::test]
async fn a_file_is_a_picture_also_without_name_and_type() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    for vendor in newest() {
        let way = way(&emulator, &vendor.contract);
        if way.transports.contains(&Transport::Part) {
            for name in ["landscape.jpg", "portrait.png", "not-a-picture.txt"] {
                let bytes = crate::support::fixture_bytes(name);
                let answer = way.submit_file(name, bytes, true).await;
                let seen = fate(&emulator, &vendor.contract, &answer, name).await;
                let sound = name != "not-a-picture.txt";
                assert_eq!(seen == Fate::Succeeded, sound, "{name}: {}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn a_way_that_a_vendor_does_not_take_is_refused_or_fails_whatever_comes_on_it() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let picture = STANDARD.encode(crate::support::fixture_bytes("side-300.png"));
    for vendor in newest() {
        let contract = &vendor.contract;
        let way = way(&emulator, contract);
        for (transport, text) in [
            (Transport::DataUri, format!("data:image/png;base64,{picture}")),
            (Transport::Base64, picture.clone()),
            (Transport::Part, "cid:0".to_owned()),
        ] {
            if !way.transports.contains(&transport) {
                let what = format!("{transport:?} to {}", way.model);
                let answer = way.submit(&text).await;
                assert_ne!(fate(&emulator, contract, &answer, &what).await, Fate::Succeeded, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn broken_base64_is_noticed_and_unusual_base64_is_not() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let picture = STANDARD.encode(crate::support::fixture_bytes("side-300.png"));
    for vendor in newest() {
        let contract = &vendor.contract;
        let way = way(&emulator, contract);
        if !way.transports.contains(&Transport::DataUri) {
            continue;
        }
        for bad in [
            "data:",
            "data:,",
            "data:image/png;base64",
            "data:image/png;base64,",
            "data:image/png;base64,!!!!",
            "data:image/png,%ff",
        ] {
            let answer = way.submit(bad).await;
            assert_ne!(fate(&emulator, contract, &answer, bad).await, Fate::Succeeded, "{bad}");
        }
        for (what, text) in [
            ("a wrong type", format!("data:text/plain;base64,{picture}")),
            ("capitals", format!("DATA:IMAGE/PNG;BASE64,{picture}")),
            ("a parameter", format!("data:image/png;charset=utf-8;base64,{picture}")),
            ("no padding", format!("data:image/png;base64,{}", picture.trim_end_matches('='))),
        ] {
            let answer = way.submit(&text).await;
            let seen = fate(&emulator, contract, &answer, what).await;
            assert_eq!(seen, Fate::Succeeded, "{what} to {}: {}", way.model, answer.text());
        }
    }
}

/// A server of pictures on loopback that counts who comes, and what it answers to each path.
async fn picture_server() -> (String, Arc<AtomicUsize>) {
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
                let (status, extra, body) = match path {
                    "/missing" => ("404 Not Found", String::new(), b"gone".to_vec()),
                    "/moved" => ("302 Found", format!("location: {own}/landscape.jpg\r\n"), Vec::new()),
                    "/large" => ("200 OK", String::new(), vec![0; 30 * 1024 * 1024]),
                    "/silent" => {
                        // Held open until the other side gives up.
                        let _ = stream.read(&mut [0; 1]).await;
                        return;
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

/// What became of a picture at an address, and what the control API notes about its job.
async fn met(emulator: &Emulator, url: &str) -> (Phase, Option<FailureReason>, Vec<String>) {
    let vendor = stuntdouble_contracts::vendor("aimlapi").unwrap();
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
async fn a_picture_on_loopback_is_fetched_and_judged_by_its_bytes() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let (server, visits) = picture_server().await;
    let sound = met(&emulator, &format!("{server}/landscape.jpg")).await;
    assert_eq!(sound, (Phase::Succeeded, None, Vec::new()));
    assert_eq!(visits.load(Ordering::SeqCst), 1);
    let job = &emulator.jobs(KEY).list().await[0];
    assert!(job.clip.width > job.clip.height && job.clip.start.is_some(), "the clip shows the picture");
    for (path, reason) in [
        ("missing", FailureReason::UnreachablePicture),
        ("moved", FailureReason::UnreachablePicture),
        ("large", FailureReason::BadPicture),
        ("words", FailureReason::UnreadablePicture),
        ("side-299-wide.png", FailureReason::BadPicture),
    ] {
        let before = visits.load(Ordering::SeqCst);
        let seen = met(&emulator, &format!("{server}/{path}")).await;
        assert_eq!((seen.0, seen.1), (Phase::Failed, Some(reason)), "{path}");
        assert_eq!(visits.load(Ordering::SeqCst), before + 1, "{path}: one look each, and none further on");
    }
    let (port_of_nobody, _) = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        (listener.local_addr().unwrap(), ())
    };
    let seen = met(&emulator, &format!("http://{port_of_nobody}/x.png")).await;
    assert_eq!(seen.1, Some(FailureReason::UnreachablePicture));
}

#[tokio::test]
async fn a_picture_that_never_comes_is_given_up() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let (server, visits) = picture_server().await;
    let seen = met(&emulator, &format!("{server}/silent")).await;
    assert_eq!((seen.0, seen.1), (Phase::Failed, Some(FailureReason::UnreachablePicture)));
    assert_eq!(visits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_picture_that_nobody_fetches_is_noted_and_stands_for_a_good_one() {
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
    let (server, visits) = picture_server().await;
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
    // A refusal at submit says why in its own words only to us: the vendor's text is fixed.
    let builder = quiet()
        .images(Images::Fetch)
        .latency(Latency::INSTANT)
        .progress(stuntdouble_emulator::Progress::Time);
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
async fn what_is_no_address_of_a_picture_is_unreachable() {
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
