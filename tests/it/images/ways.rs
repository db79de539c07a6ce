//! Every image as a file, as text and by its address, against the table beside the images.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mockreel_contracts::contract::check::image::Transport;
use mockreel_contracts::contract::check::read::observe;
use mockreel_contracts::contract::check::rules::Checker;
use mockreel_contracts::contract::model::operation::IdPlace;
use mockreel_contracts::{Contract, Operation, Phase, Vendor};
use mockreel_emulator::{Emulator, EmulatorBuilder, ImageBreach, Latency, fixtures};

use super::{Way, way};
use crate::support::{Answer, Caller, KEY, quiet};

/// What the table of `fixtures/images/README.md` says: whether each image keeps every rule.
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

/// The image rule that a fixture breaks by the vendors' common limits, if it breaks one.
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

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Succeeded,
    Failed,
    Refused,
}

/// Follows a request to its end, and asserts on the way that the vendor speaks for itself.
async fn fate(emulator: &Emulator, contract: &Contract, answer: &Answer, what: &str) -> Fate {
    let submit = &contract.operations[&Operation::Submit];
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
    let poll = &contract.operations[&Operation::Poll];
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
    mockreel_contracts::vendors().unwrap().iter().filter(|vendor| vendor.newest).cloned().collect()
}

/// What should become of an image, with the given moment of noticing.
fn wanted(contract: &Contract, moment: ImageBreach, rule: Option<&str>, way: &Way) -> Fate {
    let Some(rule) = rule.filter(|rule| *rule != "picture_aspect" || way.aspect_counts) else {
        return Fate::Succeeded;
    };
    let at_once = match moment {
        ImageBreach::Vendor => contract.images.refused_at_submit.iter().any(|held| held == rule),
        ImageBreach::Submit => true,
        ImageBreach::Job => false,
    };
    if at_once { Fate::Refused } else { Fate::Failed }
}

async fn every_image_by_every_way(moment: ImageBreach, small_only: bool) {
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
                    // Nothing in base64 is the empty text, which names no image at all.
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
async fn every_image_meets_with_what_its_table_and_the_contract_say() {
    every_image_by_every_way(ImageBreach::Vendor, false).await;
}

#[tokio::test]
async fn every_bad_image_can_be_refused_at_once() {
    every_image_by_every_way(ImageBreach::Submit, true).await;
}

#[tokio::test]
async fn every_bad_image_can_fail_its_job() {
    every_image_by_every_way(ImageBreach::Job, true).await;
}

#[tokio::test]
async fn a_file_is_an_image_also_without_name_and_type() {
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
    let image = STANDARD.encode(crate::support::fixture_bytes("side-300.png"));
    for vendor in newest() {
        let contract = &vendor.contract;
        let way = way(&emulator, contract);
        for (transport, text) in [
            (Transport::DataUri, format!("data:image/png;base64,{image}")),
            (Transport::Base64, image.clone()),
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
    let image = STANDARD.encode(crate::support::fixture_bytes("side-300.png"));
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
            ("a wrong type", format!("data:text/plain;base64,{image}")),
            ("capitals", format!("DATA:IMAGE/PNG;BASE64,{image}")),
            ("a parameter", format!("data:image/png;charset=utf-8;base64,{image}")),
            ("no padding", format!("data:image/png;base64,{}", image.trim_end_matches('='))),
        ] {
            let answer = way.submit(&text).await;
            let seen = fate(&emulator, contract, &answer, what).await;
            assert_eq!(seen, Fate::Succeeded, "{what} to {}: {}", way.model, answer.text());
        }
    }
}
