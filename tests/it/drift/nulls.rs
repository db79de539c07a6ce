//! Members that are null in one recording and an object in another.

use serde_json::{Value, json};

use crate::drift::tapes::Tape;
use crate::suite::Folder;

/// Recordings of a life whose `outcome` is changed so at its end, in two folders.
fn drift(name: &str, before: impl Fn(&mut Value), now: impl Fn(&mut Value)) -> crate::suite::Ended {
    let folder = Folder::new(name);
    Tape::of_vendor("2026-03-01T00:00:00.000Z").life(before).write(&folder.file("before"));
    Tape::of_vendor("2026-04-01T00:00:00.000Z").life(now).write(&folder.file("now"));
    folder.run(&["drift", "before", "now"])
}

fn with_outcome(outcome: Value) -> impl Fn(&mut Value) {
    move |body| {
        if body["status"] == "success" {
            body["outcome"] = outcome.clone();
        }
    }
}

#[test]
fn what_one_recording_has_only_as_null_is_held_against_the_documentation_member_by_member() {
    let ended = drift(
        "nulls-older",
        with_outcome(Value::Null),
        with_outcome(json!({"video_uri": "https://x.example/v.mp4", "length": 5})),
    );
    assert_eq!(ended.code, 5, "{ended:?}");
    for part in ["poll.reply/200/outcome/video_uri", "poll.reply/200/outcome/length"] {
        assert!(ended.out.contains(part), "{part}: {ended:?}");
    }
    assert!(
        ended.out.contains("poll.reply/200/outcome: null in every answer of before"),
        "what was not compared is said: {ended:?}"
    );
    let ended = drift(
        "nulls-as-documented",
        with_outcome(Value::Null),
        with_outcome(json!({"video_url": "https://x.example/v.mp4"})),
    );
    assert_eq!(ended.code, 0, "as documented: {ended:?}");
}

#[test]
fn what_is_only_null_now_is_named_as_not_compared() {
    let outcome = json!({"video_url": "https://x.example/v.mp4"});
    let ended = drift("nulls-newer", with_outcome(outcome), with_outcome(Value::Null));
    assert!(ended.out.contains("poll.reply/200/outcome: null in every answer of now"), "{ended:?}");
}

#[test]
fn members_of_what_is_null_most_of_the_time_are_counted_by_the_answers_that_had_it() {
    let ended = drift(
        "nulls-mostly",
        with_outcome(json!({"video_url": "https://x.example/v.mp4", "seed_used": 7})),
        with_outcome(json!({"video_url": "https://x.example/v.mp4"})),
    );
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.out.contains("poll.reply/200/outcome/seed_used"), "{ended:?}");
    assert!(ended.out.contains("in 0 of 1 answer"), "not of the four, three of which were null: {ended:?}");
}
