//! Videos and sound that a request names: kind, bytes, length and sides, each by the rules of its member.

use base64::Engine as _;
use mockreel_emulator::media::{ClipSpec, render};
use mockreel_emulator::{Emulator, ImageBreach, Latency};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Answer, Caller, KEY, fixture, fixture_bytes, quiet};

const MOTION: &str = "klingai/video-v2-6-motion-control";
const AVATAR: &str = "klingai/avatar-pro";

/// A clip of two seconds at 24 frames a second.
fn clip(width: u32, height: u32) -> Vec<u8> {
    let spec =
        ClipSpec { width, height, fps: 24, frames: 48, sound: false, start: None, tail: None, seed: 7 };
    render(&spec).unwrap().to_vec()
}

/// The same clip, played so slowly or fast that it takes so many seconds.
fn stretch(mut clip: Vec<u8>, seconds: u32) -> Vec<u8> {
    let name = clip.windows(4).position(|name| name == b"mdhd").unwrap();
    // Behind the name: version and flags, two dates, and the units a second (ISO/IEC 14496-12, 8.4.2).
    let place = name + 16..name + 20;
    let scale = u32::from_be_bytes(clip[place.clone()].try_into().unwrap());
    clip[place].copy_from_slice(&(scale * 2 / seconds).to_be_bytes());
    clip
}

fn motion(seconds: u32) -> Vec<u8> {
    stretch(clip(320, 304), seconds)
}

/// Frames of MPEG audio, 417 bytes each.
fn mp3(frames: usize) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xFB, 0x90, 0x64];
    frame.resize(417, 0);
    frame.repeat(frames)
}

fn data_uri(bytes: &[u8]) -> String {
    // The type is not looked at.
    format!("data:video/mp4;base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// What became of a request.
struct Outcome {
    phase: String,
    reason: Option<String>,
    detail: Option<String>,
    notes: String,
    violations: Value,
}

async fn submit(emulator: &Emulator, body: &Value) -> Answer {
    let url = format!("{}/v2/video/generations", emulator.url("aimlapi"));
    Caller::with_key(KEY).post(&url, body).await
}

/// Submits a request that is accepted, and waits for its job.
async fn follow(emulator: &Emulator, body: &Value) -> Outcome {
    let answer = submit(emulator, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let journal = format!("{}/__admin/requests?limit=1", emulator.base());
    let entry = Caller::without_key().get(&journal).await.json()["requests"][0].clone();
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    emulator.clock(KEY).advance_until_job(&id).await.unwrap();
    let job = Caller::with_key(KEY).get(&format!("{}/__admin/jobs/{id}", emulator.base())).await.json();
    let text = |name: &str| job[name].as_str().map(str::to_owned);
    Outcome {
        phase: text("phase").unwrap(),
        reason: text("reason"),
        detail: text("detail"),
        notes: job["notes"].to_string(),
        violations: entry["violations"].clone(),
    }
}

async fn start() -> Emulator {
    quiet().latency(Latency::INSTANT).start().await.unwrap()
}

fn motion_body(emulator: &Emulator, video: &str, orientation: &str) -> Value {
    json!({"model": MOTION, "image_url": fixture(emulator, "landscape.jpg"), "video_url": video,
        "character_orientation": orientation})
}

fn avatar_body(emulator: &Emulator, sound: &str) -> Value {
    json!({"model": AVATAR, "image_url": fixture(emulator, "landscape.jpg"), "audio_url": sound})
}

#[tokio::test]
async fn a_video_that_keeps_the_rules_moves_somebody_and_no_other_does() {
    let emulator = start().await;
    let page = b"<!doctype html><html><body>gone</body></html>".to_vec();
    let truncated = motion(5)[..motion(5).len() - 10].to_vec();
    for (what, video, broken) in [
        ("3 s", motion(3), None),
        ("30 s", motion(30), None),
        ("2 s", motion(2), Some(("media_short", "at least 3 seconds", "2.000"))),
        ("40 s", motion(40), Some(("media_long", "at most 30 seconds", "40.000"))),
        ("288 pixels", stretch(clip(320, 288), 5), Some(("media_small", "at least 300 pixels", "320x288"))),
        ("truncated", truncated, Some(("media_unreadable", "whole", "mp4"))),
        ("a PNG", fixture_bytes("side-300.png"), Some(("media_kind", "kind", "image"))),
        ("a page", page, Some(("media_kind", "kind", "unknown"))),
        ("words", b"words".to_vec(), Some(("media_kind", "kind", "unknown"))),
        ("sound", mp3(100), Some(("media_kind", "kind", "mp3"))),
    ] {
        let outcome = follow(&emulator, &motion_body(&emulator, &data_uri(&video), "video")).await;
        let Some((rule, expected, received)) = broken else {
            assert_eq!((outcome.phase.as_str(), outcome.notes.as_str()), ("succeeded", "[]"), "{what}");
            assert_eq!(outcome.violations, json!([]), "{what}");
            continue;
        };
        assert_eq!(outcome.phase, "failed", "{what}");
        assert_eq!(outcome.reason.as_deref(), Some("unsupported"), "{what}");
        assert!(outcome.detail.is_some_and(|detail| !detail.is_empty()), "{what}");
        let violation = &outcome.violations[0];
        assert_eq!(violation["rule"], rule, "{what}");
        assert_eq!(violation["pointer"], "/video_url", "{what}");
        assert!(violation["expected"].as_str().unwrap().contains(expected), "{what}: {violation}");
        assert_eq!(violation["received"], received, "{what}");
        assert!(!violation["sources"].as_array().unwrap().is_empty(), "{what}: {violation}");
    }
}

#[tokio::test]
async fn a_character_turned_as_in_the_image_takes_ten_seconds_at_most() {
    let emulator = start().await;
    for (seconds, orientation, phase) in
        [(10, "image", "succeeded"), (15, "image", "failed"), (15, "video", "succeeded")]
    {
        let video = data_uri(&motion(seconds));
        let outcome = follow(&emulator, &motion_body(&emulator, &video, orientation)).await;
        assert_eq!(outcome.phase, phase, "{seconds} s, {orientation}");
        if phase == "failed" {
            assert_eq!(outcome.detail.as_deref(), Some("The file is longer than 10 seconds"));
            assert_eq!(outcome.violations[0]["expected"], "at most 10 seconds");
        }
    }
    let mut body = motion_body(&emulator, &data_uri(&motion(15)), "");
    body.as_object_mut().unwrap().remove("character_orientation");
    assert_eq!(follow(&emulator, &body).await.phase, "succeeded", "as in the video, by default");
}

#[tokio::test]
async fn an_avatar_speaks_what_is_sound_of_a_listed_kind_and_not_too_large() {
    let emulator = start().await;
    let most = 5 * 1024 * 1024 / 417;
    let wide =
        |bytes: &[u8]| format!("data:audio/mpeg;base64,{}", data_uri(bytes).rsplit(',').next().unwrap());
    for (what, sound, broken) in [
        ("mp3", mp3(100), None),
        ("5 MiB", mp3(most), None),
        ("more", mp3(most + 1), Some(("media_bytes", "The file exceeds 5242880 bytes"))),
        ("a video", motion(5), Some(("media_kind", "The format of the file is not supported"))),
        (
            "a PNG",
            fixture_bytes("side-300.png"),
            Some(("media_kind", "The format of the file is not supported")),
        ),
        ("words", b"words".to_vec(), Some(("media_kind", "The format of the file is not supported"))),
    ] {
        let outcome = follow(&emulator, &avatar_body(&emulator, &wide(&sound))).await;
        let rule = outcome.violations[0]["rule"].as_str().map(str::to_owned);
        let expected = broken.map(|(rule, detail)| (Some(rule.to_owned()), Some(detail.to_owned())));
        assert_eq!((rule, outcome.detail), expected.unwrap_or_default(), "{what}: {}", outcome.notes);
        let says = outcome.notes.contains("types that are taken: mp3, wav, m4a, aac");
        assert_eq!(says, broken.is_some_and(|(rule, _)| rule == "media_kind"), "{what}: {}", outcome.notes);
    }
}

#[tokio::test]
async fn a_finished_video_of_the_emulator_is_handed_on_without_being_rendered() {
    let emulator = quiet().start().await.unwrap();
    let first = json!({"model": "kling-video/v1/standard/text-to-video", "prompt": "a boat", "duration": 10});
    let answer = submit(&emulator, &first).await;
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let clip = emulator.jobs(KEY).list().await[0].clip.name.clone();
    let video = format!("{}/__media/{clip}/video.mp4", emulator.base());
    let early = follow(&emulator, &motion_body(&emulator, &video, "video")).await;
    assert_eq!(early.reason.as_deref(), Some("unreachable_picture"), "the job is not done yet");
    emulator.clock(KEY).advance_until_job(&id).await.unwrap();
    let url = format!("{}/v2/video/generations?generation_id={id}", emulator.url("aimlapi"));
    let done = Caller::with_key(KEY).get(&url).await.json();
    assert_eq!(done["video"]["url"], video, "{done}");
    for orientation in ["video", "image"] {
        let outcome = follow(&emulator, &motion_body(&emulator, &video, orientation)).await;
        assert_eq!((outcome.phase.as_str(), outcome.notes.as_str()), ("succeeded", "[]"), "{orientation}");
    }
    let as_sound = follow(&emulator, &avatar_body(&emulator, &video)).await;
    assert_eq!(as_sound.violations[0]["received"], "mp4");
    let edited =
        json!({"model": "klingai/video-o1-video-to-video-edit", "prompt": "in snow", "video_url": video});
    assert_eq!(follow(&emulator, &edited).await.phase, "succeeded");
}

/// Serves one file to everybody; other paths are missing.
async fn serve(file: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let length = stream.read(&mut head).await.unwrap_or(0);
            let is_there = head[..length].starts_with(b"GET /file ");
            let (status, body) = if is_there { ("200 OK", &file[..]) } else { ("404 Not Found", &b""[..]) };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body).await;
        }
    });
    base
}

#[tokio::test]
async fn a_video_at_an_address_is_fetched_from_loopback_and_assumed_elsewhere() {
    let emulator = start().await;
    // Larger than any image is read.
    let mut large = motion(5);
    large.extend(u32::to_be_bytes(12 * 1024 * 1024));
    large.extend(b"free");
    large.resize(large.len() + 12 * 1024 * 1024 - 8, 0);
    for (video, phase) in [(motion(5), "succeeded"), (large, "succeeded"), (motion(40), "failed")] {
        let server = serve(video).await;
        let body = motion_body(&emulator, &format!("{server}/file"), "video");
        assert_eq!(follow(&emulator, &body).await.phase, phase);
    }
    let server = serve(Vec::new()).await;
    let missing = follow(&emulator, &motion_body(&emulator, &format!("{server}/other"), "video")).await;
    assert_eq!(missing.reason.as_deref(), Some("unreachable_picture"));
    assert_eq!(missing.detail.as_deref(), Some("Failed to fetch the file"));
    assert!(missing.notes.contains("/video_url: the video could not be had: answered with status 404"));
    let foreign = "https://files.example/movement.mp4";
    let assumed = follow(&emulator, &motion_body(&emulator, foreign, "image")).await;
    assert_eq!(assumed.phase, "succeeded");
    let note = "/video_url: the video at files.example was not fetched (--images offline) and stands for one that keeps every rule";
    assert!(assumed.notes.contains(note), "{}", assumed.notes);
}

#[tokio::test]
async fn a_broken_rule_refuses_the_submit_where_the_operator_wants_it() {
    let emulator = quiet().image_breach(ImageBreach::Submit).start().await.unwrap();
    let answer = submit(&emulator, &motion_body(&emulator, &data_uri(&motion(40)), "video")).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.text().contains("The file is longer than 30 seconds"), "{}", answer.text());
}
