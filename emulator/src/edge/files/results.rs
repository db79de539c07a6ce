//! The results of jobs, under `/__media/`: video and cover, or the fault of a download.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use axum::http::{HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;
use mockreel_contracts::contract::check::media::{MediaFacts, MediaKind};
use mockreel_contracts::{Phase, UnixMillis, ids};
use sha2::{Digest, Sha256};

use super::content::FileContent;
use super::ranges::{FileFacts, answer_file};
use super::{respond_expired, respond_gone, respond_plain};
use crate::admin;
use crate::app::App;
use crate::clock::Stopwatch;
use crate::edge::call::effects::{read_download_orders, resolve_download_effects};
use crate::edge::call::log::{FileRequest, ResponseSummary, log_download};
use crate::edge::call::notes::Notes;
use crate::edge::call::respond::{add_warning, misread_text};
use crate::edge::fault;
use crate::media::{ClipSpec, Preview, move_index_last};
use crate::scenario::{DownloadFault, DownloadFaultKind, Effects, RequestKind};
use crate::settings::ClipBytes;
use crate::state::clip::{COVER_FILE, ClipPlan, VIDEO_FILE};
use crate::state::job::{Ending, Job};

/// Milliseconds in a day.
const DAY_MS: f64 = 86_400_000.0;

/// Answers a download of one of the files of a job.
pub(super) async fn answer_result(
    app: &App,
    request: FileRequest<'_>,
    clip: &str,
    file: &str,
) -> Response<Body> {
    let Some(job) = app.store.job_of_clip(clip).await else { return respond_gone() };
    let watch = Stopwatch::start();
    let mut account = app.load_account(&job.key.account).await;
    let head = app.journal.find_head(request.headers);
    let mut notes = Notes::about(&head, request.path);
    let orders = read_download_orders(app, &account.state, &job, head.texts(), &mut notes);
    let warning = notes.write_line();
    let refused = warning.as_deref().filter(|_| app.settings.strict_directives);
    let effects = match refused {
        Some(_) => Effects::default(),
        None => resolve_download_effects(&mut account, &job, file, orders).await,
    };
    let download = Download { app, request, job: &job, file, now: account.now() };
    let mut answer = match refused {
        Some(warning) => admin::problem(StatusCode::BAD_REQUEST, &misread_text(warning)),
        None => download.answer(effects.download.as_ref().map(|order| &order.fault)).await,
    };
    if let Some(warning) = &warning {
        add_warning(warning, answer.headers_mut());
    }
    let summary = ResponseSummary::of(&answer, watch);
    let mut notes = notes.list_texts();
    notes.extend(effects.describe_points(RequestKind::Download));
    log_download(app, &account, &job, effects.scenarios, notes, request, summary).await;
    if let Some(fault) = effects.transport {
        answer.extensions_mut().insert(fault);
    }
    answer
}

/// A download of one of a job's files, at a time of the job's account.
struct Download<'a> {
    app: &'a App,
    request: FileRequest<'a>,
    job: &'a Job,
    file: &'a str,
    now: UnixMillis,
}

impl Download<'_> {
    /// Answers with the file, or with what a fault puts in its place.
    async fn answer(&self, fault: Option<&DownloadFault>) -> Response<Body> {
        let Self { app, request, job, file, now } = *self;
        let standing = job.standing(now);
        let (Phase::Succeeded, Some(ended_at)) = (standing.phase, standing.ended_at) else {
            return respond_gone();
        };
        let results = app.result_facts(job);
        let is_over = results
            .as_ref()
            .and_then(|facts| facts.expire_after_days)
            .is_some_and(|days| now.since(ended_at) as f64 >= days * DAY_MS);
        if is_over {
            return respond_expired();
        }
        if file != VIDEO_FILE && file != COVER_FILE {
            return respond_gone();
        }
        if let Some(other) = fault.and_then(replacement) {
            return other;
        }
        let key = cache_key(job);
        let spec = spec_of(&job.clip);
        // An account's clock may be ahead of the machine's, and a date to come would be no date (RFC 9110, section
        // 8.8.2.1).
        let modified = UNIX_EPOCH.checked_add(Duration::from_millis(ended_at.min(app.clock.now()).0));
        let rendered = if file == COVER_FILE {
            app.gallery.cover(&key, &spec).await.map(|cover| Some(FileContent::from(cover)))
        } else if request.method == Method::HEAD {
            // Whoever asks about a file does not wait for it.
            Ok(app.gallery.find_or_begin_clip(&key, &spec).map(|clip| self.arrange(clip, fault)))
        } else {
            app.gallery.clip(&key, &spec).await.map(|clip| Some(self.arrange(clip, fault)))
        };
        let kind = if file == COVER_FILE { "image/jpeg" } else { "video/mp4" };
        let mut answer = match rendered {
            Ok(content) => {
                let is_moved = file == VIDEO_FILE && is_moved(fault);
                let tag = if is_moved { format!("{key}-l") } else { key };
                let facts = FileFacts { kind, tag: &tag, modified };
                answer_file(request.method, request.headers, facts, content)
            }
            Err(error) => {
                tracing::error!(%error, job = &*job.key.id, "the clip could not be rendered");
                respond_plain(StatusCode::INTERNAL_SERVER_ERROR, "the file could not be made")
            }
        };
        let origin =
            results.and_then(|facts| facts.allow_origin).and_then(|text| HeaderValue::from_str(&text).ok());
        if let Some(origin) = origin {
            answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        if let Some(fault) = fault {
            answer.extensions_mut().insert(fault.clone());
        }
        answer
    }

    /// Brings a clip into the form in which it is served.
    fn arrange(&self, clip: Bytes, fault: Option<&DownloadFault>) -> FileContent {
        let moved = if is_moved(fault) { move_index_last(&clip) } else { None };
        let clip = moved.map_or(clip, Bytes::from);
        match self.app.settings.clip_bytes {
            ClipBytes::Encoded => clip.into(),
            ClipBytes::Real => FileContent::filled(clip, self.job.clip.real_bytes),
        }
    }
}

/// Whether a fault puts the index of a video behind it.
fn is_moved(fault: Option<&DownloadFault>) -> bool {
    fault.is_some_and(|fault| fault.fault == DownloadFaultKind::MoovLast)
}

/// Answers what a fault puts in the place of a file. It need not be rendered then.
fn replacement(fault: &DownloadFault) -> Option<Response<Body>> {
    match fault.fault {
        DownloadFaultKind::Missing => Some(respond_gone()),
        DownloadFaultKind::Expired => Some(respond_expired()),
        DownloadFaultKind::Html => Some(fault::gateway_page(StatusCode::OK)),
        DownloadFaultKind::Truncate | DownloadFaultKind::Slow | DownloadFaultKind::MoovLast => None,
    }
}

/// Reads the cover of a finished job, for images that a request names.
pub(super) async fn read_cover(app: &App, clip: &str) -> Option<Bytes> {
    let job = find_succeeded_job(app, clip).await?;
    app.gallery.cover(&cache_key(&job), &spec_of(&job.clip)).await.ok()
}

/// Reads the facts about the video of a finished job from its plan, for requests that name it.
pub(super) async fn read_facts(app: &App, clip: &str) -> Option<MediaFacts> {
    let job = find_succeeded_job(app, clip).await?;
    let plan = &job.clip;
    Some(MediaFacts {
        kind: MediaKind::Mp4,
        bytes: None,
        milliseconds: Some(plan.duration_ms()),
        pixels: Some((plan.width, plan.height)),
        is_readable: true,
    })
}

/// The job of a clip, if the clip is there.
async fn find_succeeded_job(app: &App, clip: &str) -> Option<Arc<Job>> {
    let job = app.store.job_of_clip(clip).await?;
    let now = app.account_now(&job.key.account).await;
    (job.standing(now).phase == Phase::Succeeded).then_some(job)
}

/// The name of a rendering: two jobs share it only if their clips are the same to the byte.
pub(super) fn cache_key(job: &Job) -> String {
    let clip = &job.clip;
    let mut name = Sha256::new();
    name.update(clip.seed.to_le_bytes());
    for number in [clip.width, clip.height, clip.fps, clip.frames, u32::from(clip.sound)] {
        name.update(number.to_le_bytes());
    }
    for image in [&clip.start, &clip.tail] {
        let jpeg = image.as_ref().map_or(&[][..], Preview::jpeg);
        name.update((jpeg.len() as u64).to_le_bytes());
        name.update(jpeg);
    }
    ids::hex(&name.finalize()[..16])
}

pub(super) fn spec_of(clip: &ClipPlan) -> ClipSpec {
    ClipSpec {
        width: clip.width,
        height: clip.height,
        fps: clip.fps,
        frames: clip.frames,
        sound: clip.sound,
        start: clip.start.clone(),
        tail: clip.tail.clone(),
        seed: clip.seed,
    }
}

/// Begins to render the clip of an accepted job, if it will have one.
pub(in crate::edge) fn begin_rendering(app: &App, job: &Job) {
    let is_replaced = job.result_fault.as_ref().is_some_and(|order| replacement(&order.fault).is_some());
    if is_replaced || !matches!(job.timeline.ending, Ending::Success) {
        return;
    }
    app.gallery.begin_clip(|| (cache_key(job), spec_of(&job.clip)));
}
