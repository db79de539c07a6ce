//! The policy on inputs: whether broken rules for images, videos and sound, and what the model cannot do, refuse a request or fail its job.

use mockreel_contracts::contract::check::image::{Finding, ImageRole, Slot, judge as judge_image};
use mockreel_contracts::contract::check::intent::{JobIntent, place_of};
use mockreel_contracts::contract::check::media::{MediaFacts, MediaRule, MediaRules, judge_media};
use mockreel_contracts::contract::check::rules::{ImageRule, Rule, Violation};
use mockreel_contracts::{Contract, FailureReason, Model, Role, upstream};
use serde_json::Value;

use crate::settings::ImageBreach;
use crate::state::job::Failure;

/// The decision on a request.
#[derive(Debug)]
pub(in crate::edge::call) enum ImageDecision {
    /// No rule is broken.
    Sound,
    /// It is refused at once.
    Refused(Vec<Violation>),
    /// It is accepted, and the job will fail, for the first of these.
    Fails(Failure, Vec<Violation>),
}

/// The facts that the decision depends on.
pub(in crate::edge::call) struct ImageChecks<'a> {
    /// The vendor.
    pub(in crate::edge::call) contract: &'a Contract,
    /// When a broken rule is noticed.
    pub(in crate::edge::call) moment: ImageBreach,
    /// The model.
    pub(in crate::edge::call) model: &'a Model,
    /// What is asked of it.
    pub(in crate::edge::call) intent: &'a JobIntent,
    /// Where images stand in the request.
    pub(in crate::edge::call) slots: &'a [Slot<'a>],
    /// One for each slot, in order.
    pub(in crate::edge::call) findings: &'a [Finding],
    /// Where videos and sound stand in the request.
    pub(in crate::edge::call) media: &'a [Slot<'a, MediaRules>],
    /// One for each of these, in order.
    pub(in crate::edge::call) media_findings: &'a [Finding<MediaFacts>],
    /// Why a scenario lets the job fail.
    pub(in crate::edge::call) reason: Option<FailureReason>,
}

impl ImageChecks<'_> {
    /// Decides by the vendor's rules for images, videos and sound, and the maker's rules for everything else.
    pub(in crate::edge::call) fn decide(&self) -> ImageDecision {
        let pairs = || self.slots.iter().zip(self.findings);
        let rules = &self.contract.upstream.rules;
        let broken = pairs().filter_map(|(slot, finding)| judge_image(slot, finding));
        let media = self.media.iter().zip(self.media_findings);
        let media = media.filter_map(|(slot, finding)| judge_media(slot, finding));
        let unsupported = upstream::judge(rules, self.model, self.intent);
        let pixels = |role: ImageRole| {
            let images = pairs().filter(move |(slot, _)| slot.rules.role == role);
            images.filter_map(|(_, finding)| match finding {
                Finding::Seen(facts) => facts.pixels,
                Finding::Assumed | Finding::Unreachable(_) | Finding::Unsound(_) => None,
            })
        };
        let masks: Vec<(u32, u32)> = pixels(ImageRole::Mask).collect();
        let ill_sized = upstream::judge_masks(rules, pixels(ImageRole::First).next(), &masks);
        let all = broken.chain(media).chain(unsupported).chain(ill_sized).chain(self.moderated_at_once());
        let (refused, late): (Vec<Violation>, Vec<Violation>) =
            all.partition(|violation| is_refused(self.contract, self.moment, violation));
        if !refused.is_empty() {
            return ImageDecision::Refused(refused);
        }
        match late.first().map(|violation| failure_of(self.contract, violation)) {
            None => ImageDecision::Sound,
            Some(failure) => ImageDecision::Fails(failure, late),
        }
    }

    /// The violation of a request that a scenario has moderation dislike, where that is noticed at once; otherwise it fails the job.
    fn moderated_at_once(&self) -> Option<Violation> {
        if self.reason != Some(FailureReason::Moderation) || self.moment != ImageBreach::Submit {
            return None;
        }
        let pointer = place_of(&self.model.request, Role::Prompt)?;
        let text = self.contract.failure(FailureReason::Moderation).0.to_owned();
        Some(Violation::new(pointer, Rule::Upstream { name: "moderation".to_owned(), text }, &Value::Null))
    }
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

fn failure_of(contract: &Contract, violation: &Violation) -> Failure {
    let reason = match &violation.rule {
        Rule::Image(ImageRule::Unreachable) => FailureReason::UnreachablePicture,
        Rule::Image(
            ImageRule::Unreadable | ImageRule::Encoding | ImageRule::Format | ImageRule::Transport,
        ) => FailureReason::UnreadablePicture,
        Rule::Image(ImageRule::Bytes { .. } | ImageRule::Side { .. } | ImageRule::Aspect { .. }) => {
            FailureReason::BadPicture
        }
        Rule::Media(rule) => {
            let reason = match rule {
                MediaRule::Unreachable => FailureReason::UnreachablePicture,
                MediaRule::Encoding
                | MediaRule::Unreadable
                | MediaRule::Kind
                | MediaRule::Bytes { .. }
                | MediaRule::Shortest { .. }
                | MediaRule::Longest { .. }
                | MediaRule::Smallest { .. }
                | MediaRule::Largest { .. } => FailureReason::Unsupported,
            };
            // The contract's texts for these reasons speak of images.
            let wording = contract.wording.get(rule.name());
            return Failure { reason, detail: wording.map(|wording| violation.fill(&wording.text)) };
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
