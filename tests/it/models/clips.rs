//! Clips are what the contracts say: size, rate, frames and sound, for every model of every vendor.

use std::collections::BTreeMap;

use mockreel_contracts::contract::check::image::slots;
use mockreel_contracts::contract::check::intent::{JobIntent, place_of};
use mockreel_contracts::contract::check::read::{Observation, observe};
use mockreel_contracts::contract::views::examples::{full, minimal};
use mockreel_contracts::{Contract, Model, Operation, Role};
use mockreel_emulator::{ClipBytes, ClipDetail, Emulator, Latency};
use mp4::MediaType;
use serde_json::{Value, json};

use crate::hostile::{poll_url, submit_path};
use crate::support::{Caller, KEY, fixture, newest, quiet};

/// Submits a body to whichever vendor, and looks at its job, which has ended by then.
async fn end(emulator: &Emulator, contract: &Contract, model: &Model, body: &Value) -> Observation {
    let (submit, poll) = (&contract.operations[&Operation::Submit], &contract.operations[&Operation::Poll]);
    let base = emulator.url(&contract.id);
    let caller = Caller::with_key(KEY);
    let answer = caller.post(&format!("{base}{}", submit_path(submit, model)), body).await;
    let id = observe(submit, contract, &answer.json())
        .id
        .unwrap_or_else(|| panic!("{}: {}", model.id, answer.text()));
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let polled = caller.get(&poll_url(&base, contract, &id)).await;
    assert_eq!(polled.status, 200, "{}", polled.text());
    observe(poll, contract, &polled.json())
}

/// What an MP4 says of its tracks, read by somebody else's reader.
#[derive(Debug, PartialEq)]
struct Tracks {
    size: (u16, u16),
    frames: u32,
    rate: f64,
    has_sound: bool,
}

impl Tracks {
    fn read(bytes: &[u8]) -> Self {
        let reader = mp4::Mp4Reader::read_header(std::io::Cursor::new(bytes), bytes.len() as u64).unwrap();
        let of = |kind| reader.tracks().values().find(move |track| track.media_type().unwrap() == kind);
        let pictures = of(MediaType::H264).unwrap();
        let frames = pictures.sample_count();
        // In milliseconds, the reader's own rate is off by a thousandth.
        let mdhd = &pictures.trak.mdia.mdhd;
        let rate = f64::from(frames) * f64::from(mdhd.timescale) / mdhd.duration as f64;
        assert_eq!(reader.tracks().len(), if of(MediaType::AAC).is_some() { 2 } else { 1 });
        Self {
            size: (pictures.width(), pictures.height()),
            frames,
            rate,
            has_sound: of(MediaType::AAC).is_some(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_model_of_every_vendor_makes_the_frames_at_the_rate_and_with_the_sound_of_its_contract() {
    let emulator = quiet().latency(Latency::INSTANT).clips(ClipDetail::Small).start().await.unwrap();
    let images = [fixture(&emulator, "landscape.jpg")];
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    for vendor in newest() {
        let contract = &vendor.contract;
        for model in contract.models.values() {
            let body = minimal(model, &images);
            let seen = end(&emulator, contract, model, &body).await;
            let url = seen.video_url.unwrap_or_else(|| panic!("{}: {:?}", model.id, seen.phase));
            let tracks = Tracks::read(&Caller::without_key().get(&url).await.bytes);
            let asked = JobIntent::read(model, &body);
            let output = &model.output;
            assert_eq!(tracks.frames, asked.seconds * output.fps + output.extra_frames, "{}", model.id);
            assert!((tracks.rate - f64::from(output.fps)).abs() < 1e-9, "{}: {tracks:?}", model.id);
            assert_eq!(tracks.has_sound, output.sound.applies(asked.sound), "{}", model.id);
            assert_eq!(tracks.size.0.max(tracks.size.1), 320, "{}", model.id);
        }
    }
}

#[tokio::test]
async fn sound_is_there_when_asked_for_and_not_otherwise() {
    let emulator = quiet().latency(Latency::INSTANT).clips(ClipDetail::Off).start().await.unwrap();
    for vendor in newest() {
        let contract = &vendor.contract;
        for model in contract.models.values() {
            let Some(place) = place_of(&model.request, Role::Sound) else { continue };
            for wanted in [true, false] {
                let mut body = minimal(model, &[&fixture(&emulator, "square.jpg")]);
                body[place.trim_start_matches('/')] = json!(wanted);
                let seen = end(&emulator, contract, model, &body).await;
                let tracks = Tracks::read(&Caller::without_key().get(&seen.video_url.unwrap()).await.bytes);
                assert_eq!(tracks.has_sound, wanted, "{}", model.id);
                assert_eq!(tracks.size, (64, 36), "{}", model.id);
            }
        }
    }
}

#[tokio::test]
async fn a_file_of_real_length_is_as_long_as_the_vendors_and_plays() {
    let emulator = quiet().latency(Latency::INSTANT).clip_bytes(ClipBytes::Real).start().await.unwrap();
    let contract = newest().into_iter().find(|vendor| vendor.id() == "gmicloud").unwrap().contract;
    let model = &contract.models["Kling-Image2Video-V2.1-Standard"];
    let mut body = minimal(model, &[]);
    body["payload"]["image"] = json!(fixture(&emulator, "square.jpg"));
    let seen = end(&emulator, &contract, model, &body).await;
    let file = Caller::without_key().get(&seen.video_url.unwrap()).await.bytes;
    assert!((6_700_000..8_400_000).contains(&file.len()), "{}", file.len());
    let tiny = quiet().latency(Latency::INSTANT).clips(ClipDetail::Off).clip_bytes(ClipBytes::Real);
    let tiny = tiny.start().await.unwrap();
    body["payload"]["image"] = json!(fixture(&tiny, "square.jpg"));
    let seen = end(&tiny, &contract, model, &body).await;
    let filled = Caller::without_key().get(&seen.video_url.unwrap()).await.bytes;
    assert!((6_700_000..8_400_000).contains(&filled.len()), "{}", filled.len());
    assert_eq!(Tracks::read(&filled).size, (64, 36));
    assert_eq!(Tracks::read(&file), Tracks { size: (960, 960), frames: 121, rate: 24.0, has_sound: false });
}

#[test]
fn one_model_of_the_maker_has_one_size_and_rate_unless_somebody_measured_another() {
    let mut seen = BTreeMap::new();
    for vendor in newest() {
        for model in vendor.contract.models.values() {
            let Some(maker) = &model.maker else { continue };
            let has_image = !slots_of(model).is_empty();
            let found = (model.output.pixels, model.output.fps, model.id.clone());
            let key = (maker.model.clone(), maker.mode.clone(), has_image);
            let first = seen.entry(key).or_insert_with(|| found.clone());
            assert_eq!(first.1, found.1, "{} and {}", first.2, found.2);
            let area = |[width, height]: [u32; 2]| f64::from(width * height);
            let is_near = (area(first.0) / area(found.0) - 1.0).abs() < 0.15;
            // The one exception, with its source.
            let is_measured = [&first.2, &found.2].contains(&&"Kling-Image2Video-V2.1-Master".to_owned());
            assert!(is_near || is_measured, "{} has {:?}, {} has {:?}", first.2, first.0, found.2, found.0);
        }
    }
}

/// The images that a complete body of a model has.
fn slots_of(model: &Model) -> Vec<String> {
    let body = full(model, &["https://images.example/a.png"]);
    slots(&model.request, &body).iter().map(|slot| slot.pointer.clone()).collect()
}

#[tokio::test]
async fn a_wide_clip_has_the_other_measured_size_where_that_is_chosen() {
    let emulator =
        quiet().latency(Latency::INSTANT).option("302ai", "wide_frame", "1928x1072").start().await.unwrap();
    let contract = newest().into_iter().find(|vendor| vendor.id() == "302ai").unwrap().contract;
    let model = &contract.models["m2v_img2video_hq"];
    let mut body = minimal(model, &[]);
    body["input_image"] = json!(fixture(&emulator, "landscape.jpg"));
    let seen = end(&emulator, &contract, model, &body).await;
    let tracks = Tracks::read(&Caller::without_key().get(&seen.video_url.unwrap()).await.bytes);
    assert_eq!(tracks, Tracks { size: (1928, 1072), frames: 153, rate: 30.0, has_sound: false });
}
