//! Tests of sentences: each ends, says what came and went, and never the opposite.

use serde_json::{Value, json};

use super::{advise_client, sentence, shorten_finding};
use crate::finding::Finding;
use crate::kind::{Kind, Severity};

fn changed(kind: Kind, place: &str, from: Option<Value>, to: Option<Value>) -> Finding {
    let mut finding = Finding::new("", kind, Severity::Breaking, "submit", place);
    (finding.from, finding.to) = (from, to);
    finding.message = sentence(&finding);
    finding
}

#[test]
fn refused_members_are_said_in_a_whole_sentence() {
    let place = "submit.request";
    let closed = || Some(json!({"additionalProperties": false}));
    let came = changed(Kind::LimitChanged, place, Some(json!({})), closed());
    assert_eq!(came.message, "`submit.request` refuses members now that it does not describe");
    assert_eq!(shorten_finding(&came), "the request refuses members now that it does not describe");
    assert_eq!(advise_client(&came).unwrap(), "send only members that are described");
    let went = changed(Kind::LimitChanged, place, closed(), Some(json!({})));
    assert_eq!(went.message, "`submit.request` no longer refuses members that it does not describe");
    let both = changed(
        Kind::LimitChanged,
        place,
        Some(json!({"maxProperties": 4})),
        Some(json!({"maxProperties": 3, "additionalProperties": false})),
    );
    assert_eq!(
        both.message,
        "the bounds of `submit.request`: maxProperties was 4 and is 3; `submit.request` refuses members now that it \
         does not describe"
    );
}

#[test]
fn lists_say_what_came_and_what_went_however_long_they_are() {
    let many: Vec<Value> = (0..322).map(|number| json!(format!("WORD_{number}"))).collect();
    let mut more = many.clone();
    more.push(json!("INVALID_RATIO"));
    let place = "poll.reply/200/code";
    let change =
        |from: &[Value], to: &[Value]| changed(Kind::EnumChanged, place, Some(json!(from)), Some(json!(to)));
    assert_eq!(change(&many, &more).message, "values of `poll.reply/200/code` came: INVALID_RATIO");
    assert_eq!(change(&more, &many).message, "values of `poll.reply/200/code` went: INVALID_RATIO");
    let other = change(&[json!("5"), json!("a")], &[json!(5), json!("a")]);
    assert_eq!(other.message, "values of `poll.reply/200/code` came: 5; went: \"5\"");
    let listed = changed(Kind::EnumChanged, place, None, Some(json!(many)));
    assert!(listed.message.ends_with("WORD_7 and 314 more"), "{}", listed.message);
    let gone = changed(Kind::EnumChanged, place, Some(json!(["a", "on", "true"])), None);
    assert_eq!(
        gone.message,
        "values of `poll.reply/200/code` are no longer listed; they were a, on, \"true\""
    );
}

#[test]
fn bounds_are_said_one_by_one() {
    let place = "submit.request/prompt";
    let finding = changed(
        Kind::LimitChanged,
        place,
        Some(json!({"maxLength": 2500, "pattern": "^a"})),
        Some(json!({"maxLength": 500, "minLength": 1})),
    );
    assert_eq!(
        finding.message,
        "the bounds of `submit.request/prompt`: maxLength was 2500 and is 500; minLength 1 came; pattern ^a went"
    );
    assert_eq!(advise_client(&finding).unwrap(), "keep `prompt` within maxLength 500, minLength 1");
}

#[test]
fn a_headline_calls_members_by_their_own_name() {
    let mut finding = changed(Kind::MemberRenamed, "poll.reply/200/generation_id", None, None);
    finding.operation = "poll".to_owned();
    finding.to_place = Some("poll.reply/200/id".to_owned());
    finding.message = sentence(&finding);
    assert_eq!(finding.message, "`poll.reply/200/generation_id` is `poll.reply/200/id` now");
    assert_eq!(shorten_finding(&finding), "`generation_id` is `id` now");
    assert_eq!(advise_client(&finding).unwrap(), "read `id` instead of `generation_id`");
}

#[test]
fn no_kind_leaves_a_sentence_without_its_end() {
    let facts = [None, Some(json!({})), Some(json!([])), Some(json!(true)), Some(json!("x"))];
    for kind in Kind::ALL {
        for from in &facts {
            for to in &facts {
                let finding = changed(*kind, "submit.request/p", from.clone(), to.clone());
                let ends_well = !finding.message.trim_end().ends_with("are")
                    && !finding.message.ends_with([':', ' '])
                    && !finding.message.ends_with("is");
                assert!(ends_well, "{}: {}", kind.name(), finding.message);
            }
        }
    }
}
