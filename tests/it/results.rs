//! Results of jobs: files that players and downloads can use, and places to put files.

use std::time::Duration;

use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::{Emulator, Latency};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, KEY, fixture, fixture_bytes, quiet};

const REQUESTS: &str = "/api/v1/ie/requestqueue/apikey/requests";
/// The smaller of the two, because every test here renders a clip.
const STANDARD: &str = "Kling-Image2Video-V1.6-Standard";
/// The one that takes an image for the last frame.
const PRO: &str = "Kling-Image2Video-V1.6-Pro";

/// Submits a payload and answers the record of the job once it has ended.
async fn ended(emulator: &Emulator, payload: Value) -> Value {
    let caller = Caller::with_key(KEY);
    let url = format!("{}{REQUESTS}", emulator.url("gmicloud"));
    let model = if payload.get("image_tail").is_some() { PRO } else { STANDARD };
    let accepted = caller.post(&url, &json!({"model": model, "payload": payload})).await.json();
    let id = accepted["request_id"].as_str().unwrap_or_else(|| panic!("{accepted}"));
    emulator.clock(KEY).advance_until_job(id).await.unwrap();
    caller.get(&format!("{url}/{id}")).await.json()
}

fn video_of(record: &Value) -> String {
    record["outcome"]["media_urls"][0]["url"].as_str().unwrap_or_else(|| panic!("{record}")).to_owned()
}

fn cover_of(record: &Value) -> String {
    record["outcome"]["thumbnail_image_url"].as_str().unwrap_or_else(|| panic!("{record}")).to_owned()
}

async fn with(method: Method, url: &str, headers: &[(&str, &str)]) -> Answer {
    let caller = Caller::without_key();
    let request =
        headers.iter().fold(caller.request(method, url), |held, (name, value)| held.header(*name, *value));
    caller.send(request).await
}

#[tokio::test]
async fn a_video_can_be_read_in_parts() {
    let emulator = quiet().start().await.unwrap();
    let record = ended(&emulator, json!({"image": fixture(&emulator, "side-300.png")})).await;
    let url = video_of(&record);
    let whole = with(Method::GET, &url, &[]).await;
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("video/mp4")));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let length = whole.bytes.len();
    assert_eq!(whole.header("content-length"), Some(length.to_string().as_str()));
    for (range, first, last) in [
        ("bytes=0-0".to_owned(), 0, 0),
        ("bytes=0-99".to_owned(), 0, 99),
        (format!("bytes=100-{}", length + 1000), 100, length - 1),
        ("bytes=-10".to_owned(), length - 10, length - 1),
        (format!("bytes={}-", length - 1), length - 1, length - 1),
    ] {
        let part = with(Method::GET, &url, &[("range", &range)]).await;
        assert_eq!(part.status, 206, "{range}");
        let told = format!("bytes {first}-{last}/{length}");
        assert_eq!(part.header("content-range"), Some(told.as_str()));
        assert_eq!(part.bytes, whole.bytes[first..=last], "{range}");
        assert_eq!(part.header("content-length"), Some((last - first + 1).to_string().as_str()));
    }
    for range in [format!("bytes={length}-"), "bytes=-0".to_owned(), "bytes=99999999999999999999-".to_owned()]
    {
        let none = with(Method::GET, &url, &[("range", &range)]).await;
        assert_eq!(none.status, 416, "{range}");
        assert_eq!(none.header("content-range"), Some(format!("bytes */{length}").as_str()));
        assert!(none.bytes.is_empty());
    }
    for range in ["bytes=0-1,5-6", "bytes=5-2", "pages=1-2", "bytes", "bytes=a-b", "bytes=--1"] {
        let all = with(Method::GET, &url, &[("range", range)]).await;
        assert_eq!((all.status, all.bytes.len()), (200, length), "{range}");
    }
}

#[tokio::test]
async fn a_part_of_what_has_changed_is_not_given_out() {
    let emulator = quiet().start().await.unwrap();
    let record = ended(&emulator, json!({"image": fixture(&emulator, "side-300.png")})).await;
    let url = video_of(&record);
    let tag = with(Method::HEAD, &url, &[]).await.header("etag").unwrap().to_owned();
    let part = with(Method::GET, &url, &[("range", "bytes=0-9"), ("if-range", &tag)]).await;
    assert_eq!((part.status, part.bytes.len()), (206, 10));
    let whole = with(Method::GET, &url, &[("range", "bytes=0-9"), ("if-range", "\"another\"")]).await;
    assert_eq!(whole.status, 200);
    assert!(whole.bytes.len() > 10);
}

#[tokio::test]
async fn a_head_tells_all_but_the_bytes_and_a_known_tag_saves_them() {
    let emulator = quiet().start().await.unwrap();
    let record = ended(&emulator, json!({"image": fixture(&emulator, "side-300.png")})).await;
    for url in [video_of(&record), cover_of(&record), fixture(&emulator, "landscape.jpg")] {
        let whole = with(Method::GET, &url, &[]).await;
        let head = with(Method::HEAD, &url, &[]).await;
        assert_eq!((head.status, head.bytes.len()), (200, 0), "{url}");
        for name in ["content-type", "content-length", "etag", "accept-ranges"] {
            assert!(whole.header(name).is_some(), "{url} has no {name}");
            assert_eq!(head.header(name), whole.header(name), "{url} {name}");
        }
        let tag = whole.header("etag").unwrap();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2, "{tag}");
        for known in [tag.to_owned(), format!("\"other\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
            let same = with(Method::GET, &url, &[("if-none-match", &known)]).await;
            assert_eq!((same.status, same.bytes.len()), (304, 0), "{url} {known}");
            assert_eq!(same.header("etag"), Some(tag));
        }
        assert_eq!(with(Method::GET, &url, &[("if-none-match", "\"other\"")]).await.status, 200);
        for method in [Method::POST, Method::DELETE, Method::PATCH] {
            assert_eq!(with(method, &url, &[]).await.status, 405, "{url}");
        }
    }
}

#[tokio::test]
async fn the_cover_is_a_jpeg_of_the_videos_size() {
    let emulator = quiet().start().await.unwrap();
    let record = ended(&emulator, json!({"image": fixture(&emulator, "portrait.png")})).await;
    let cover = with(Method::GET, &cover_of(&record), &[]).await;
    assert_eq!((cover.status, cover.header("content-type")), (200, Some("image/jpeg")));
    let image = image::load_from_memory_with_format(&cover.bytes, image::ImageFormat::Jpeg).unwrap();
    assert!(image.height() > image.width(), "{}x{}", image.width(), image.height());
}

#[tokio::test]
async fn there_is_nothing_to_fetch_before_a_job_has_succeeded_or_if_it_fails() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let url = format!("{}{REQUESTS}", emulator.url("gmicloud"));
    let body = json!({"model": STANDARD, "payload": {"image": fixture(&emulator, "side-300.png")}});
    for fails in [false, true] {
        let id = caller.post(&url, &body).await.json()["request_id"].as_str().unwrap().to_owned();
        let name = emulator.jobs(KEY).list().await[0].clip.name.to_string();
        let files =
            ["video.mp4", "cover.jpg"].map(|file| format!("{}/__media/{name}/{file}", emulator.base()));
        let statuses = async || {
            let mut seen = Vec::new();
            for file in &files {
                seen.push(with(Method::GET, file, &[]).await.status);
            }
            seen
        };
        assert_eq!(statuses().await, [404, 404]);
        emulator.jobs(KEY).start(&id).await.unwrap();
        assert_eq!(statuses().await, [404, 404]);
        if fails {
            emulator.jobs(KEY).cancel(&id).await.unwrap();
            assert_eq!(statuses().await, [404, 404]);
        } else {
            emulator.jobs(KEY).succeed(&id).await.unwrap();
            assert_eq!(statuses().await, [200, 200]);
            let other = files[0].replace("video.mp4", "other.mp4");
            assert_eq!(with(Method::GET, &other, &[]).await.status, 404);
        }
    }
}

#[tokio::test]
async fn an_address_expires_after_the_contracts_days_on_the_accounts_clock() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let contract = mockreel_contracts::vendor("aimlapi").unwrap().contract;
    let days = contract.results.expire_after_days.expect("this vendor's results expire");
    let url = format!("{}/v2/video/generations", emulator.url("aimlapi"));
    let body = json!({
        "model": "kling-video/v1/standard/image-to-video",
        "image_url": fixture(&emulator, "side-300.png"),
        "prompt": "x",
    });
    let id = caller.post(&url, &body).await.json()["id"].as_str().unwrap().to_owned();
    emulator.jobs(KEY).succeed(&id).await.unwrap();
    let seen = caller.get(&format!("{url}?generation_id={id}")).await.json();
    let video = seen["video"]["url"].as_str().unwrap();
    emulator.clock("other").advance(Duration::from_secs(86_400 * 365)).await.unwrap();
    assert_eq!(with(Method::HEAD, video, &[]).await.status, 200, "another account's clock does not matter");
    let almost = Duration::from_millis((days * 86_400_000.0) as u64 - 1);
    emulator.clock(KEY).advance(almost).await.unwrap();
    assert_eq!(with(Method::HEAD, video, &[]).await.status, 200);
    emulator.clock(KEY).advance(Duration::from_millis(1)).await.unwrap();
    assert_eq!(with(Method::GET, video, &[]).await.status, 403);
    assert_eq!(with(Method::GET, video, &[("if-none-match", "*")]).await.status, 403);
    let still = caller.get(&format!("{url}?generation_id={id}")).await;
    assert_eq!(still.json()["status"], "completed", "the generation itself is still known");
}

#[tokio::test]
async fn the_same_job_makes_the_same_bytes_and_another_seed_does_not() {
    let files = async |seed: u64| {
        let emulator = quiet().seed(seed).start().await.unwrap();
        let record =
            ended(&emulator, json!({"image": fixture(&emulator, "square.jpg"), "prompt": "x"})).await;
        let path = video_of(&record).replace(&emulator.base(), "");
        let video = with(Method::GET, &video_of(&record), &[]).await;
        let cover = with(Method::GET, &cover_of(&record), &[]).await;
        let again = with(Method::GET, &video_of(&record), &[]).await;
        assert_eq!(video.bytes, again.bytes);
        (path, video.header("etag").unwrap().to_owned(), video.bytes, cover.bytes)
    };
    let (first, second, other) = (files(7).await, files(7).await, files(8).await);
    assert!(first == second, "{} and {} differ", first.0, second.0);
    assert_ne!(first.0, other.0);
}

/// The mean colour of the last frame.
async fn last_colour(url: &str) -> [f64; 3] {
    let bytes = with(Method::GET, url, &[]).await.bytes;
    let size = bytes.len() as u64;
    let mut reader = mp4::Mp4Reader::read_header(std::io::Cursor::new(&bytes), size).unwrap();
    let (id, track) = reader.tracks().iter().next().unwrap();
    let (id, count) = (*id, track.sample_count());
    let mut stream = Vec::new();
    let mut unit = |bytes: &[u8]| {
        stream.extend_from_slice(&[0, 0, 0, 1]);
        stream.extend_from_slice(bytes);
    };
    unit(track.sequence_parameter_set().unwrap());
    unit(track.picture_parameter_set().unwrap());
    let mut decoder = openh264::decoder::Decoder::new().unwrap();
    let mut mean = None;
    for number in 1..=count {
        let sample = reader.read_sample(id, number).unwrap().unwrap();
        let mut rest = &sample.bytes[..];
        while rest.len() > 4 {
            let length = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
            stream.extend_from_slice(&[0, 0, 0, 1]);
            stream.extend_from_slice(&rest[4..4 + length]);
            rest = &rest[4 + length..];
        }
        let frame = decoder.decode(&stream).unwrap().filter(|_| number == count);
        if let Some(frame) = frame {
            let (width, height) = openh264::formats::YUVSource::dimensions(&frame);
            let mut rgb = vec![0; width * height * 3];
            frame.write_rgb8(&mut rgb);
            let pixels: Vec<&[u8]> = rgb.chunks_exact(3).collect();
            let sum = |channel: usize| pixels.iter().map(|pixel| f64::from(pixel[channel])).sum::<f64>();
            mean = Some([0, 1, 2].map(|channel| sum(channel) / pixels.len() as f64));
        }
        stream.clear();
    }
    mean.expect("the clip has frames")
}

#[tokio::test]
async fn a_tail_image_is_what_a_clip_moves_towards() {
    let emulator = quiet().latency(Latency::INSTANT).start().await.unwrap();
    let image = fixture(&emulator, "landscape.jpg");
    let alone = ended(&emulator, json!({"image": image})).await;
    let towards =
        ended(&emulator, json!({"image": image, "image_tail": fixture(&emulator, "tail.jpg")})).await;
    let tail = image::load_from_memory(&fixture_bytes("tail.jpg")).unwrap().to_rgb8();
    let pixels = f64::from(tail.width() * tail.height());
    let mean = |channel: usize| tail.pixels().map(|pixel| f64::from(pixel[channel])).sum::<f64>() / pixels;
    let wanted = [mean(0), mean(1), mean(2)];
    let distance =
        |seen: [f64; 3]| seen.iter().zip(wanted).map(|(seen, wanted)| (seen - wanted).abs()).sum::<f64>();
    let (with_tail, without) =
        (distance(last_colour(&video_of(&towards)).await), distance(last_colour(&video_of(&alone)).await));
    assert!(with_tail * 2.0 < without, "{with_tail} is not much nearer to the tail than {without}");
}

/// Asks for an upload address and answers where to put the file and where it can be read.
async fn upload_address(emulator: &Emulator, file_type: &str) -> (String, String) {
    let url = format!("{}/api/v1/ie/requestqueue/apikey/upload-url", emulator.url("gmicloud"));
    let answer = Caller::with_key(KEY).post(&url, &json!({"file_type": file_type})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    (text("upload_url"), text("public_url"))
}

async fn put(url: &str, bytes: Vec<u8>) -> u16 {
    let caller = Caller::without_key();
    caller.send(caller.request(Method::PUT, url).header("content-type", "image/png").body(bytes)).await.status
}

#[tokio::test]
async fn a_file_that_was_put_can_be_read_and_used_as_an_image() {
    let emulator = quiet().start().await.unwrap();
    let (to, from) = upload_address(&emulator, "png").await;
    assert!(to.starts_with(&emulator.base()) && from.starts_with(&emulator.base()), "{to} {from}");
    assert_eq!(with(Method::GET, &from, &[]).await.status, 404, "nothing is there yet");
    assert_eq!(put(&to, fixture_bytes("portrait.png")).await, 200);
    let held = with(Method::GET, &from, &[]).await;
    assert_eq!((held.status, held.header("content-type")), (200, Some("image/png")));
    assert_eq!(held.bytes, fixture_bytes("portrait.png"));
    let record = ended(&emulator, json!({"image": from})).await;
    let job = &emulator.jobs(KEY).list().await[0];
    assert_eq!(record["status"], "success", "{record}");
    assert!(job.clip.height > job.clip.width && job.notes.is_empty(), "{:?}", job.notes);

    let (to, from) = upload_address(&emulator, "png").await;
    assert_eq!(put(&to, fixture_bytes("side-299-tall.png")).await, 200);
    assert_eq!(ended(&emulator, json!({"image": from})).await["status"], "failed");
    let (_, nothing) = upload_address(&emulator, "png").await;
    let record = ended(&emulator, json!({"image": nothing})).await;
    assert_eq!(record["outcome"]["error"], "Timeout while downloading image", "{record}");
}

#[tokio::test]
async fn a_file_that_was_put_anew_has_a_new_tag() {
    let emulator = quiet().start().await.unwrap();
    let (to, from) = upload_address(&emulator, "png").await;
    assert_eq!(put(&to, b"first".to_vec()).await, 200);
    let tag = with(Method::GET, &from, &[]).await.header("etag").unwrap().to_owned();
    assert_eq!(put(&to, b"second".to_vec()).await, 200);
    let now = with(Method::GET, &from, &[("if-none-match", &tag)]).await;
    assert_eq!((now.status, now.bytes), (200, b"second".to_vec()));
}

#[tokio::test]
async fn an_upload_address_stops_taking_files_and_a_reset_forgets_them() {
    let emulator = quiet().start().await.unwrap();
    let (to, from) = upload_address(&emulator, "jpg").await;
    let (late, _) = upload_address(&emulator, "jpg").await;
    assert_eq!(put(&to, vec![1]).await, 200);
    let minutes = mockreel_contracts::vendor("gmicloud").unwrap().contract.uploads.as_ref().unwrap().minutes;
    emulator.clock(KEY).advance(Duration::from_secs_f64(minutes * 60.0)).await.unwrap();
    assert_eq!(put(&late, vec![1]).await, 200);
    emulator.clock(KEY).advance(Duration::from_millis(1)).await.unwrap();
    assert_eq!(put(&late, vec![2]).await, 403);
    assert_eq!(put(&to, vec![2]).await, 403);
    assert_eq!(with(Method::GET, &from, &[]).await.bytes, vec![1], "what was put stays");
    assert_eq!(put(&format!("{to}x"), vec![1]).await, 404);
    assert_eq!(with(Method::DELETE, &to, &[]).await.status, 405);
    assert_eq!(put(&to, vec![0; 64 * 1024 * 1024 + 1]).await, 403, "time is looked at first");
    let caller = Caller::with_key(KEY);
    caller.post(&format!("{}/__admin/reset", emulator.base()), &json!({})).await;
    assert_eq!(with(Method::GET, &from, &[]).await.status, 404);
    assert_eq!(emulator.clock(KEY).now().await, MANUAL_START);
    let (to, _) = upload_address(&emulator, "jpg").await;
    assert_eq!(put(&to, vec![0; 64 * 1024 * 1024 + 1]).await, 413);
}
