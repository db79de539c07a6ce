//! Every offered model makes a video, of little and of much.

use mockreel_contracts::Phase;
use mockreel_contracts::contract::check::intent::JobIntent;
use mockreel_contracts::contract::views::examples::{full, minimal};
use mp4::MediaType;
use serde_json::json;

use super::{ended, instant};
use crate::support::{Caller, KEY, fixture};

/// The length of the pictures of an MP4 in seconds, read by somebody else's reader.
fn seconds(bytes: &[u8]) -> u64 {
    let reader = mp4::Mp4Reader::read_header(std::io::Cursor::new(bytes), bytes.len() as u64);
    let reader = reader.expect("it is an MP4");
    let pictures = reader.tracks().values().find(|track| track.media_type().unwrap() == MediaType::H264);
    u64::try_from(pictures.unwrap().duration().as_millis()).unwrap() / 1000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_model_makes_a_video_of_its_minimal_and_of_its_complete_body() {
    let (emulator, vendor) = instant().await;
    let contract = &vendor.contract;
    let caller = Caller::with_key(KEY);
    let images = [fixture(&emulator, "square.jpg")];
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    assert!(contract.models.len() >= 44, "{}", contract.models.len());
    for model in contract.models.values() {
        for body in [minimal(model, &images), full(model, &images)] {
            let seen = ended(&emulator, &caller, contract, &body).await;
            assert_eq!(seen.phase, Some(Phase::Succeeded), "{}: {seen:?} for {body}", model.id);
            let video = Caller::without_key().get(&seen.video_url.unwrap()).await;
            assert_eq!(video.header("content-type"), Some("video/mp4"), "{}", model.id);
            assert_eq!(
                seconds(&video.bytes),
                u64::from(JobIntent::read(model, &body).seconds),
                "{}",
                model.id
            );
        }
    }
}

#[tokio::test]
async fn a_video_is_as_long_as_was_asked_for_from_three_seconds_to_fifteen() {
    let (emulator, vendor) = instant().await;
    let contract = &vendor.contract;
    let caller = Caller::with_key(KEY);
    let model = &contract.models["klingai/video-v3-standard-text-to-video"];
    for length in [json!(3), json!("4"), json!(15)] {
        let mut body = minimal(model, &[]);
        body["duration"] = length.clone();
        let seen = ended(&emulator, &caller, contract, &body).await;
        let video = Caller::without_key().get(&seen.video_url.unwrap()).await;
        assert_eq!(seconds(&video.bytes).to_string(), length.to_string().replace('"', ""));
    }
}

#[tokio::test]
async fn images_of_a_list_are_looked_at_each_and_the_first_is_in_the_video() {
    let (emulator, vendor) = instant().await;
    let contract = &vendor.contract;
    let caller = Caller::with_key(KEY);
    let list = |names: [&str; 2]| names.map(|name| fixture(&emulator, name));
    let of = |names: [&str; 2]| json!({"model": "kling-video/v1.6/standard/multi-image-to-video", "image_list": list(names)});
    let good = ended(&emulator, &caller, contract, &of(["portrait.png", "square.jpg"])).await;
    let video = Caller::without_key().get(&good.video_url.unwrap()).await.bytes;
    let reader = mp4::Mp4Reader::read_header(std::io::Cursor::new(&video), video.len() as u64).unwrap();
    let track = reader.tracks().values().next().unwrap();
    assert!(track.height() > track.width(), "the first picture stands upright");
    let bad = ended(&emulator, &caller, contract, &of(["portrait.png", "side-299.png"])).await;
    assert_eq!(bad.phase, Some(Phase::Failed), "{bad:?}");
}
