//! Each surface from a submitted image through every phase to a playable video.

use base64::Engine;
use mockreel_contracts::contract::check::read::observe;
use mockreel_contracts::{Operation, Phase};
use mockreel_emulator::Emulator;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, KEY, fixture, fixture_bytes, quiet};

/// What a surface needs to be walked.
struct Surface {
    vendor: &'static str,
    submit: &'static str,
    body: Value,
    poll: fn(&str) -> String,
    pixels: (u16, u16),
}

async fn walk(emulator: &Emulator, surface: &Surface, submitted: Answer) {
    let caller = Caller::with_key(KEY);
    let vendor = mockreel_contracts::vendor(surface.vendor).expect("the vendor exists");
    let contract = &vendor.contract;
    assert_eq!(
        submitted.status,
        contract.operations[&Operation::Submit].status.enforced,
        "{}",
        submitted.text()
    );
    let accepted = observe(&contract.operations[&Operation::Submit], contract, &submitted.json());
    let id = accepted.id.expect("a submit answers with an id");
    assert_eq!(accepted.phase, Some(Phase::Queued), "{}", submitted.text());

    let url = format!("{}{}", emulator.url(surface.vendor), (surface.poll)(&id));
    let look = async || {
        let answer = caller.get(&url).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let seen = observe(&contract.operations[&Operation::Poll], contract, &answer.json());
        assert_eq!(seen.id.as_deref(), Some(id.as_str()), "{}", answer.text());
        seen
    };
    let queued = look().await;
    assert_eq!((queued.phase, queued.video_url), (Some(Phase::Queued), None));
    emulator.jobs(KEY).start(&id).await.expect("the job can start");
    let running = look().await;
    assert_eq!((running.phase, running.video_url), (Some(Phase::Running), None));
    emulator.clock(KEY).advance_until_job(&id).await.expect("the job ends by time");
    let done = look().await;
    assert_eq!(done.phase, Some(Phase::Succeeded));
    let video = done.video_url.expect("a finished job has a video");
    assert!(video.starts_with(&emulator.base()), "{video} leads outside");

    let downloaded = Caller::without_key().get(&video).await;
    assert_eq!(downloaded.status, 200);
    assert_eq!(downloaded.header("content-type"), Some("video/mp4"));
    // Thirty frames a second, and three more than were asked for.
    assert_video(&downloaded.bytes, 5100, surface.pixels);
}

/// Reads the MP4 and decodes its first frame.
fn assert_video(bytes: &[u8], millis: u128, pixels: (u16, u16)) {
    let size = bytes.len() as u64;
    let mut reader = mp4::Mp4Reader::read_header(std::io::Cursor::new(bytes), size).expect("it is an MP4");
    assert_eq!(reader.duration().as_millis(), millis);
    let (id, track) = reader.tracks().iter().next().expect("it has a track");
    let id = *id;
    assert_eq!(track.media_type().expect("the track has a type"), mp4::MediaType::H264);
    assert_eq!((track.width(), track.height()), pixels);
    let mut stream = Vec::new();
    for unit in [track.sequence_parameter_set().unwrap(), track.picture_parameter_set().unwrap()] {
        stream.extend_from_slice(&[0, 0, 0, 1]);
        stream.extend_from_slice(unit);
    }
    let sample = reader.read_sample(id, 1).expect("it has a sample").expect("the sample is there");
    let mut rest = &sample.bytes[..];
    while rest.len() > 4 {
        let length = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        stream.extend_from_slice(&[0, 0, 0, 1]);
        stream.extend_from_slice(&rest[4..4 + length]);
        rest = &rest[4 + length..];
    }
    let mut decoder = openh264::decoder::Decoder::new().expect("a decoder can be made");
    let decoded = decoder.decode(&stream).expect("the frame decodes").expect("there is a frame");
    let (width, height) = openh264::formats::YUVSource::dimensions(&decoded);
    assert_eq!((width, height), (usize::from(pixels.0), usize::from(pixels.1)));
}

#[tokio::test]
async fn gmicloud_goes_from_an_image_to_a_video() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface {
        vendor: "gmicloud",
        submit: "/api/v1/ie/requestqueue/apikey/requests",
        body: json!({
            "model": "Kling-Image2Video-V1.6-Standard",
            "payload": {"prompt": "waves", "image": fixture(&emulator, "landscape.jpg"), "duration": "5"},
        }),
        poll: |id| format!("/api/v1/ie/requestqueue/apikey/requests/{id}"),
        pixels: (1280, 720),
    };
    let url = format!("{}{}", emulator.url(surface.vendor), surface.submit);
    let submitted = Caller::with_key(KEY).post(&url, &surface.body).await;
    walk(&emulator, &surface, submitted).await;
}

#[tokio::test]
async fn aimlapi_goes_from_an_image_to_a_video() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface {
        vendor: "aimlapi",
        submit: "/v2/video/generations",
        body: json!({
            "model": "kling-video/v1/standard/image-to-video",
            "image_url": fixture(&emulator, "portrait.png"),
            "prompt": "a walk",
            "duration": 5,
        }),
        poll: |id| format!("/v2/video/generations?generation_id={id}"),
        pixels: (752, 1340),
    };
    let url = format!("{}{}", emulator.url(surface.vendor), surface.submit);
    let submitted = Caller::with_key(KEY).post(&url, &surface.body).await;
    walk(&emulator, &surface, submitted).await;
}

#[tokio::test]
async fn aimlapi_goes_from_two_images_to_a_video_on_the_legacy_path() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface {
        vendor: "aimlapi",
        submit: "/v2/generate/video/kling/generation",
        body: json!({
            "model": "kling-video/v1.6/pro/image-to-video",
            "image_url": fixture(&emulator, "landscape.jpg"),
            "tail_image_url": fixture(&emulator, "tail.jpg"),
            "prompt": "evening falls",
            "duration": "5",
        }),
        poll: |id| format!("/v2/generate/video/kling/generation?generation_id={id}"),
        pixels: (1920, 1080),
    };
    let url = format!("{}{}", emulator.url(surface.vendor), surface.submit);
    let submitted = Caller::with_key(KEY).post(&url, &surface.body).await;
    walk(&emulator, &surface, submitted).await;
}

#[tokio::test]
async fn apilaplas_goes_from_a_data_uri_to_a_video() {
    let emulator = quiet().start().await.unwrap();
    let image = base64::engine::general_purpose::STANDARD.encode(fixture_bytes("landscape.jpg"));
    let surface = Surface {
        vendor: "apilaplas",
        submit: "/v2/generate/video/kling/generation",
        body: json!({
            "model": "kling-video/v1.6/standard/image-to-video",
            "image_url": format!("data:image/jpeg;base64,{image}"),
            "prompt": "a lake",
            "duration": "5",
        }),
        poll: |id| format!("/v2/generate/video/kling/generation?generation_id={}", id.replace('/', "%2F")),
        pixels: (1280, 720),
    };
    let url = format!("{}{}", emulator.url(surface.vendor), surface.submit);
    let submitted = Caller::with_key(KEY).post(&url, &surface.body).await;
    walk(&emulator, &surface, submitted).await;
}

#[tokio::test]
async fn ai302_goes_from_an_uploaded_file_to_a_video() {
    let emulator = quiet().start().await.unwrap();
    let surface = Surface {
        vendor: "302ai",
        submit: "/klingai/m2v_15_img2video",
        body: Value::Null,
        poll: |id| format!("/klingai/task/{id}/fetch?geo=global"),
        pixels: (960, 960),
    };
    let url = format!("{}{}", emulator.url(surface.vendor), surface.submit);
    let image = reqwest::multipart::Part::bytes(fixture_bytes("square.jpg")).file_name("square.jpg");
    let form =
        reqwest::multipart::Form::new().text("prompt", "a cat").text("cfg", "0.5").part("input_image", image);
    let caller = Caller::with_key(KEY);
    let submitted = caller.send(caller.request(Method::POST, &url).multipart(form)).await;
    walk(&emulator, &surface, submitted).await;
}
