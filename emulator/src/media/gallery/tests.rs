//! The gallery: what is rendered, when, and how often.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tokio::task::JoinSet;

use super::*;

fn spec(seed: u64) -> ClipSpec {
    ClipSpec { width: 64, height: 64, fps: 2, frames: 2, sound: false, start: None, tail: None, seed }
}

/// Asks, and goes away before there is an answer.
async fn ask_and_leave(gallery: &Gallery, key: &str, spec: &ClipSpec) {
    let mut asking = pin!(gallery.clip(key, spec));
    poll_fn(|context| {
        assert!(asking.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_many_ask_at_once_it_is_rendered_once() {
    let gallery = Gallery::new(CLIPS_LIMIT_BYTES, CLIPS_AHEAD);
    let mut askers = JoinSet::new();
    for _ in 0..40 {
        let gallery = gallery.clone();
        askers.spawn(async move { gallery.clip("a", &spec(1)).await.unwrap() });
    }
    let answers = askers.join_all().await;
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(answers[0], clip::render(&spec(1)).unwrap());
    assert_eq!(gallery.renderings(), 1);
}

#[tokio::test]
async fn a_clip_and_its_cover_are_two_things() {
    let gallery = Gallery::new(CLIPS_LIMIT_BYTES, CLIPS_AHEAD);
    assert!(gallery.clip("a", &spec(1)).await.unwrap()[4..].starts_with(b"ftyp"));
    assert!(gallery.cover("a", &spec(1)).await.unwrap().starts_with(b"\xFF\xD8\xFF"));
    assert_eq!(gallery.renderings(), 2);
}

#[tokio::test]
async fn the_least_recently_used_goes_first_and_comes_back_the_same() {
    let [a, b, c] = [1, 2, 3].map(|seed| clip::render(&spec(seed)).unwrap().len() as u64);
    let gallery = Gallery::new(a + b.max(c), CLIPS_AHEAD);
    let first = gallery.clip("a", &spec(1)).await.unwrap();
    let second = gallery.clip("b", &spec(2)).await.unwrap();
    gallery.clip("a", &spec(1)).await.unwrap();
    gallery.clip("c", &spec(3)).await.unwrap();
    assert_eq!((gallery.renderings(), gallery.kept_bytes()), (3, a + c));
    assert_eq!(gallery.clip("a", &spec(1)).await.unwrap(), first);
    assert_eq!(gallery.renderings(), 3);
    assert_eq!(gallery.clip("b", &spec(2)).await.unwrap(), second);
    assert_eq!(gallery.renderings(), 4);
}

#[tokio::test]
async fn what_is_larger_than_the_gallery_is_given_but_not_kept() {
    let gallery = Gallery::new(10, CLIPS_AHEAD);
    let clip = gallery.clip("a", &spec(1)).await.unwrap();
    assert_eq!(gallery.clip("a", &spec(1)).await.unwrap(), clip);
    assert_eq!((gallery.renderings(), gallery.kept_bytes()), (2, 0));
}

#[tokio::test]
async fn a_failure_is_told_to_all_and_not_kept() {
    let gallery = Gallery::new(CLIPS_LIMIT_BYTES, CLIPS_AHEAD);
    let unfit = ClipSpec { width: 3, ..spec(1) };
    let (one, other) = tokio::join!(gallery.clip("a", &unfit), gallery.clip("a", &unfit));
    assert!(matches!(one, Err(MediaError::Unfit { .. })));
    assert_eq!(one, other);
    assert_eq!(gallery.renderings(), 1);
    assert!(gallery.clip("a", &spec(1)).await.is_ok());
}

#[tokio::test]
async fn the_others_get_their_clip_if_the_first_to_ask_goes_away() {
    let gallery = Gallery::new(CLIPS_LIMIT_BYTES, CLIPS_AHEAD);
    let spec = spec(1);
    let waiting = {
        let mut first = Box::pin(gallery.clip("a", &spec));
        let mut second = Box::pin(gallery.clip("a", &spec));
        poll_fn(|context| {
            assert!(first.as_mut().poll(context).is_pending());
            assert!(second.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        second
    };
    assert!(waiting.await.is_ok());
    assert_eq!(gallery.renderings(), 1);
}

/// A gallery with one thread, which is busy with a long clip for as long as it is not closed down.
fn occupied(most_ahead: usize) -> Gallery {
    let gallery = Gallery::with_threads(CLIPS_LIMIT_BYTES, most_ahead, 1);
    gallery.begin_clip(|| {
        ("long".to_owned(), ClipSpec { width: 3840, height: 2160, fps: 60, frames: 3600, ..spec(1) })
    });
    while gallery.renderings() == 0 {
        std::thread::yield_now();
    }
    gallery
}

#[tokio::test]
async fn nothing_is_rendered_for_nobody() {
    let gallery = occupied(CLIPS_AHEAD);
    ask_and_leave(&gallery, "a", &spec(1)).await;
    let mut state = gallery.studio.state();
    assert_eq!(state.next_order(), None);
    assert!(!state.orders.contains_key(&(RenderingKind::Clip, "a".to_owned())));
    drop(state);
    gallery.close_down();
}

#[tokio::test]
async fn what_somebody_waits_for_comes_before_what_nobody_asked_for() {
    let gallery = occupied(CLIPS_AHEAD);
    for key in ["a", "b", "c"] {
        gallery.begin_clip(|| (key.to_owned(), spec(1)));
    }
    let specification = spec(1);
    let mut asking = pin!(gallery.clip("c", &specification));
    poll_fn(|context| {
        assert!(asking.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    let mut state = gallery.studio.state();
    let order = std::iter::from_fn(|| state.next_order().map(|(name, _)| name.1)).collect::<Vec<_>>();
    drop(state);
    gallery.close_down();
    assert_eq!(order, ["c", "a", "b"]);
}

#[tokio::test]
async fn no_more_is_rendered_ahead_than_allowed_until_somebody_asks() {
    let gallery = occupied(3);
    let names = ["a", "b", "c", "d"];
    for key in names {
        gallery.begin_clip(|| (key.to_owned(), spec(1)));
    }
    let waiting = |gallery: &Gallery| {
        let state = gallery.studio.state();
        names
            .into_iter()
            .filter(|&key| state.orders.contains_key(&(RenderingKind::Clip, key.to_owned())))
            .count()
    };
    assert_eq!(waiting(&gallery), 2);
    assert_eq!(gallery.find_or_begin_clip("a", &spec(1)), None);
    for key in names {
        gallery.begin_clip(|| (key.to_owned(), spec(1)));
    }
    assert_eq!(waiting(&gallery), 4);
    gallery.close_down();
}

#[tokio::test]
async fn a_clip_that_was_begun_ahead_is_rendered_once() {
    let gallery = Gallery::new(CLIPS_LIMIT_BYTES, CLIPS_AHEAD);
    gallery.begin_clip(|| ("a".to_owned(), spec(1)));
    let clip = gallery.clip("a", &spec(1)).await.unwrap();
    gallery.begin_clip(|| ("a".to_owned(), spec(1)));
    assert_eq!(gallery.find_or_begin_clip("a", &spec(1)), Some(clip));
    assert_eq!(gallery.renderings(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gallery_that_is_closed_finishes_no_clip() {
    let gallery = Gallery::new(CLIPS_LIMIT_BYTES, CLIPS_AHEAD);
    let long = ClipSpec { width: 3840, height: 2160, fps: 60, frames: 3600, ..spec(1) };
    let waiting = tokio::spawn({
        let gallery = gallery.clone();
        async move { gallery.clip("long", &long).await }
    });
    while gallery.renderings() == 0 {
        tokio::task::yield_now().await;
    }
    gallery.close_down();
    // Whole, it would take many minutes.
    assert_eq!(waiting.await.unwrap(), Err(MediaError::Stopped));
    assert_eq!(gallery.clip("a", &spec(1)).await, Err(MediaError::Stopped));
    assert_eq!(gallery.cover("a", &spec(1)).await, Err(MediaError::Stopped));
    assert_eq!(gallery.kept_bytes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_number_of_threads_changes_no_byte() {
    let mut clips = Vec::new();
    for threads in [1, 2, 5] {
        let gallery = Gallery::with_threads(CLIPS_LIMIT_BYTES, CLIPS_AHEAD, threads);
        let mut askers = JoinSet::new();
        for seed in 0..10_u64 {
            let gallery = gallery.clone();
            let spec =
                ClipSpec { width: 320, height: 180, fps: 24, frames: 49, sound: seed % 2 == 0, ..spec(seed) };
            askers.spawn(async move { (seed, gallery.clip(&seed.to_string(), &spec).await.unwrap()) });
        }
        let mut rendered = askers.join_all().await;
        rendered.sort_by_key(|(seed, _)| *seed);
        clips.push(rendered);
    }
    assert!(clips.iter().all(|rendered| *rendered == clips[0]));
}
