//! The shipped contract beside the vendor's own files, where those are at hand: they are read where they lie and
//! are no part of the repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mockreel_contracts::contract::views::openapi::View;
use mockreel_contracts::vendor::overlaid;
use mockreel_drift::import::{Wanted, import};
use mockreel_drift::surface::Node;
use mockreel_drift::{Surface, of_contract, read};
use mockreel_emulator::Latency;

use super::{VENDOR, submit};
use crate::support::{Caller, KEY, quiet};

/// Descriptions of a model that the contract does not follow: the file, the model (or all of them), and why.
const LEFT_OUT: [(&str, &str, &str); 8] = [
    (OLD_IMAGE, "", "the older path's file of May 2025; each model has a newer file of its own"),
    (
        "kling-video-text-to-video.json",
        "",
        "the older path's file of 2025; each model has a newer file of its own",
    ),
    (
        "other-dirs/Kuaishou-Technology/kling-video-text-to-video.json",
        "",
        "a copy of the older path's file in another folder",
    ),
    (
        "v1.5-standart-image-to-video.json",
        "",
        "the older path's file of 2025, beside the newer one of that model",
    ),
    ("other-dirs/kling/v2.1-standard-image-to-video.json", "", "the older path's file of autumn 2025"),
    (
        "other-dirs/kling-ai/kling-video-o1-video-to-video-reference.json",
        "",
        "a copy of December 2025, from before `provider`",
    ),
    (
        "other-dirs/kling-ai/klingai-video-v2-6-pro-image-to-video.json",
        "",
        "a copy of December 2025, from before `provider`, with a last frame that the linked file has not",
    ),
    (
        "other-dirs/kling-ai/klingai-video-v2-6-pro-text-to-video.json",
        "",
        "a copy of December 2025, from before `provider`",
    ),
];
const OLD_IMAGE: &str = "kling-video-image-to-video.json";

fn specs() -> PathBuf {
    PathBuf::from(std::env::var("MOCKREEL_VENDOR_SPECS").expect("MOCKREEL_VENDOR_SPECS names the folder"))
}

/// The documents below a folder, by their path in it.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(within) = folders.pop() {
        for entry in std::fs::read_dir(&within).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|suffix| suffix == "json") {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    // A folder's own files come before those of the folders in it.
    found.sort_by_key(|(name, _)| (name.contains('/'), name.clone()));
    found
}

/// What a form says on the wire: a line for each member and what is said of it.
fn lines(node: &Node, place: &str, found: &mut BTreeSet<String>) {
    let types: Vec<&str> = node.types.iter().map(|held| held.name()).collect();
    found.insert(format!("{place} type {types:?} nullable {}", node.nullable));
    found.extend(node.values.iter().map(|values| format!("{place} values {values:?}")));
    found.extend(node.limits.iter().map(|(keyword, limit)| format!("{place} {keyword} {limit}")));
    for (name, member) in &node.members {
        found.insert(format!("{place}/{name} required {}", member.required));
        lines(&member.node, &format!("{place}/{name}"), found);
    }
    if let Some(items) = &node.items {
        lines(items, &format!("{place}/*"), found);
    }
}

fn told(node: &Node) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    lines(node, "", &mut found);
    // A file may be about several models, each of which lists only itself in a contract.
    found.retain(|line| !line.starts_with("/model "));
    found
}

/// The requests of a surface, by model.
fn requests(surface: &Surface) -> impl Iterator<Item = (&String, &Node)> {
    let submits = surface.endpoints.iter().filter(|endpoint| endpoint.method == "POST");
    submits.flat_map(|endpoint| {
        endpoint.requests.iter().filter_map(|(id, body)| Some((id, body.node.as_ref()?)))
    })
}

#[test]
#[ignore = "needs MOCKREEL_VENDOR_SPECS"]
fn the_contract_says_of_every_model_what_the_vendors_file_says() {
    let newest = mockreel_contracts::vendor(VENDOR).unwrap();
    let documented = of_contract(&newest.contract, View::Documented);
    let (mut compared, mut models) = (0, BTreeSet::new());
    for (name, bytes) in files(&specs().join("openapi")) {
        let surface = read::openapi(&name, &bytes).unwrap();
        for (id, node) in requests(&surface) {
            assert!(newest.contract.models.contains_key(id), "{name}: {id} is not offered");
            models.insert(id.clone());
            let ours = requests(&documented).find(|(held, _)| *held == id).unwrap().1;
            let left_out =
                LEFT_OUT.iter().any(|(file, model, _)| *file == name && (model.is_empty() || model == id));
            let (theirs, ours) = (told(node), told(ours));
            if left_out {
                assert_ne!(
                    theirs, ours,
                    "{name}, {id}: it says what the contract says, so it is not left out"
                );
                continue;
            }
            let missing: Vec<_> = theirs.difference(&ours).collect();
            let more: Vec<_> = ours.difference(&theirs).collect();
            assert!(
                missing.is_empty() && more.is_empty(),
                "{name}, {id}: the file says {missing:?}, the contract {more:?}"
            );
            compared += 1;
        }
    }
    assert!(compared >= 45, "only {compared} were compared");
    let unheard: Vec<&String> = newest.contract.models.keys().filter(|id| !models.contains(*id)).collect();
    assert!(unheard.is_empty(), "no file describes {unheard:?}");
}

#[tokio::test]
#[ignore = "needs MOCKREEL_VENDOR_SPECS"]
async fn all_files_imported_change_nothing_and_every_model_is_served() {
    let newest = mockreel_contracts::vendor(VENDOR).unwrap();
    let files = files(&specs().join("openapi"));
    let wanted = Wanted { id: VENDOR, known: Some(&newest.contract), edition: None, title: None };
    let text = import(&files, &wanted).unwrap();
    let tables: Vec<&str> =
        text.lines().filter(|line| line.starts_with('[') && !line.starts_with("[sources.")).collect();
    assert!(tables.is_empty(), "the files say otherwise than the contract: {tables:?}");
    let vendor = overlaid("imported.toml", &text).unwrap();
    let emulator = quiet().vendor(vendor.clone()).latency(Latency::INSTANT).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for (name, bytes) in &files {
        for (id, _) in requests(&read::openapi(name, bytes).unwrap()) {
            let body =
                mockreel_contracts::contract::views::examples::minimal(&vendor.contract.models[id], &[]);
            let answer = submit(&emulator, &caller, &vendor.contract, &body).await;
            assert_eq!(answer.status, 200, "{name}, {id}: {}", answer.text());
        }
    }
}

#[test]
#[ignore = "needs MOCKREEL_VENDOR_SPECS"]
fn each_older_file_becomes_an_edition_that_says_what_the_file_says() {
    let newest = mockreel_contracts::vendor(VENDOR).unwrap();
    let mut compared = 0;
    for (name, bytes) in files(&specs().join("openapi-history")) {
        let wanted = Wanted { id: VENDOR, known: Some(&newest.contract), edition: None, title: None };
        let text = import(&[(name.clone(), bytes.clone())], &wanted).unwrap();
        let vendor =
            overlaid("imported.toml", &text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        assert!(
            name.contains(&format!("/{}-", vendor.contract.edition)),
            "{name} became {}",
            vendor.contract.edition
        );
        let documented = of_contract(&vendor.contract, View::Documented);
        for (id, node) in requests(&read::openapi(&name, &bytes).unwrap()) {
            let ours = requests(&documented).find(|(held, _)| *held == id).unwrap().1;
            assert_eq!(told(ours), told(node), "{name}, {id}");
            compared += 1;
        }
    }
    assert!(compared >= 39, "only {compared} were compared");
}
