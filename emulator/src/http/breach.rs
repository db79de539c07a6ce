//! What becomes of a request whose images break a rule, or that asks for what the model cannot do.

use mockreel_contracts::contract::check::image::{Finding, ImageRole, Slot, judge as judge_image};
use mockreel_contracts::contract::check::intent::{JobIntent, place_of};
use mockreel_contracts::contract::check::rules::{ImageRule, Rule, Violation};
use mockreel_contracts::{Contract, FailureReason, Model, Role, upstream};
use serde_json::Value;

use super::images::Looked;
use crate::job::Failure;
use crate::settings::ImageBreach;

/// The judgement on a request.
#[derive(Debug)]
pub(super) enum Judged {
    /// Nothing is wrong.
    Sound,
    /// It is refused at once.
    Refused(Vec<Violation>),
    /// It is accepted, and the job will fail.
    Fails(Failure),
}

/// Judges a request by the vendor's rules for images and the maker's rules for everything else.
pub(super) fn judge(
    contract: &Contract,
    moment: ImageBreach,
    model: &Model,
    asked: &JobIntent,
    slots: &[Slot<'_>],
    looked: &Looked,
    disliked: bool,
) -> Judged {
    let broken = slots.iter().zip(&looked.findings).filter_map(|(slot, finding)| judge_image(slot, finding));
    let unsupported = upstream::judge(&contract.upstream.rules, model, asked);
    let pixels = |role: ImageRole| {
        let ours = slots.iter().zip(&looked.findings).filter(move |(slot, _)| slot.rules.role == role);
        ours.filter_map(|(_, finding)| match finding {
            Finding::Seen(facts) => facts.pixels,
            Finding::Assumed | Finding::Unreachable(_) | Finding::Unsound(_) => None,
        })
    };
    let masks: Vec<(u32, u32)> = pixels(ImageRole::Mask).collect();
    let ill_sized = upstream::judge_masks(&contract.upstream.rules, pixels(ImageRole::First).next(), &masks);
    let disliked = disliked.then(|| moderated_at_once(contract, moment, model)).flatten();
    let all: Vec<Violation> = broken.chain(unsupported).chain(ill_sized).chain(disliked).collect();
    let (refused, late): (Vec<Violation>, Vec<Violation>) =
        all.into_iter().partition(|violation| is_refused(contract, moment, violation));
    if !refused.is_empty() {
        return Judged::Refused(refused);
    }
    late.first().map_or(Judged::Sound, |violation| Judged::Fails(failure_of(violation)))
}

/// A request that somebody has moderation dislike, where that is to be noticed at once; otherwise it fails the job.
fn moderated_at_once(contract: &Contract, moment: ImageBreach, model: &Model) -> Option<Violation> {
    if moment != ImageBreach::Submit {
        return None;
    }
    let pointer = place_of(&model.request, Role::Prompt)?;
    let text = contract.failure(FailureReason::Moderation).0.to_owned();
    Some(Violation::new(pointer, Rule::Upstream { name: "moderation".to_owned(), text }, &Value::Null))
}

fn is_refused(contract: &Contract, moment: ImageBreach, violation: &Violation) -> bool {
    match moment {
        ImageBreach::Submit => true,
        ImageBreach::Job => false,
        ImageBreach::Vendor => {
            contract.images.refused_at_submit.iter().any(|name| name == violation.rule.name())
        }
    }
}

fn failure_of(violation: &Violation) -> Failure {
    let reason = match &violation.rule {
        Rule::Image(ImageRule::Unreachable) => FailureReason::UnreachablePicture,
        Rule::Image(
            ImageRule::Unreadable | ImageRule::Encoding | ImageRule::Format | ImageRule::Transport,
        ) => FailureReason::UnreadablePicture,
        Rule::Image(ImageRule::Bytes { .. } | ImageRule::Side { .. } | ImageRule::Aspect { .. }) => {
            FailureReason::BadPicture
        }
        Rule::Upstream { text, .. } => {
            return Failure { reason: FailureReason::Unsupported, detail: Some(text.clone()) };
        }
        Rule::Required { .. }
        | Rule::Type { .. }
        | Rule::Enum { .. }
        | Rule::Minimum { .. }
        | Rule::Maximum { .. }
        | Rule::MinLength { .. }
        | Rule::MaxLength { .. }
        | Rule::MinItems { .. }
        | Rule::MaxItems { .. }
        | Rule::Url
        | Rule::Form { .. } => FailureReason::Unsupported,
    };
    Failure { reason, detail: None }
}
