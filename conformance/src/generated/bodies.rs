//! Bodies of submits: how they are drawn, how they are told, and the good ones.

use mockreel_contracts::contract::check::image::Transport;
use mockreel_contracts::contract::check::schema::properties;
use mockreel_contracts::contract::views::examples::{draw_promised, settled};
use mockreel_contracts::{Model, Role};
use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::property::{Effort, holds};
use super::scope::{account, image, require_unlimited, tries};
use crate::profile::{Image, Profile, SUBJECT, put, remove};
use crate::session::{CaseEnd, CaseError, Session};

/// Good bodies that are sent unless more are asked for.
const USUAL: u32 = 24;

/// Smaller bodies that are tried once one was refused.
const SHRINKS: u32 = 400;

/// The most choices that are drawn for a body. Where they are used up, the plainest is chosen.
const CHOICES: usize = 64;

/// The characters of a text that a message shows.
const SHOWN: usize = 40;

/// Bits that say which of a model's members stay; the members beyond begin again with the first bit.
const BITS: usize = 32;

/// The most models that one run draws from: of dozens each would have so few requests that nothing was tried.
/// A run for each model (`--model all`) leaves none out.
const MOST_DRAWN: usize = 7;

/// What a body is made from.
#[derive(Clone, Debug)]
pub(super) struct DrawnBody {
    /// Which of the models.
    model: u8,
    /// The choices, which say everything about the body.
    choices: Vec<u8>,
    /// Whether an optional member stays, in order of declaration. All do, until a body is made smaller:
    /// to take one away by its choice would shift all the choices behind it.
    stays: Vec<bool>,
}

/// Draws what bodies are made from. No choice has more than 256 ways out, and fewer choices, or smaller
/// ones, make plainer bodies: so shrinking them shrinks the body.
pub(super) fn drawn() -> impl Strategy<Value = DrawnBody> {
    (vec(weighted(1.0), BITS), any::<u8>(), vec(any::<u8>(), 0..CHOICES))
        .prop_map(|(stays, model, choices)| DrawnBody { model, choices, stays })
}

impl DrawnBody {
    /// The model that is meant.
    pub(super) fn model<'a>(&self, profile: &'a Profile) -> Result<&'a Model, CaseError> {
        let offered: Vec<&Model> = profile.documented_models().take(MOST_DRAWN).collect();
        let place = usize::from(self.model) % offered.len().max(1);
        let none = || CaseError::NotApplicable("the vendor no longer offers any of its models".to_owned());
        offered.get(place).copied().ok_or_else(none)
    }

    /// The good body that the choices lead to, without the members that do not stay: what the documentation promises
    /// to take, and no more. It always says what the video is to be of.
    pub(super) fn body(&self, profile: &Profile, model: &Model, images: &[&str]) -> Value {
        let mut choices = self.choices.iter();
        let mut pick = |below: usize| choices.next().map_or(0, |choice| usize::from(*choice) % below);
        let mut body = settled(model, draw_promised(model, &mut pick, images));
        profile.give_subject(model, &mut body);
        let subject = profile.subject_at(model, &body);
        let checker = profile.contract().request_checker(model);
        for (number, (pointer, schema)) in properties(&model.request).into_iter().enumerate() {
            // No page promises to take a text that says nothing.
            let is_blank =
                body.pointer(&pointer).and_then(Value::as_str).is_some_and(|text| text.trim().is_empty());
            if is_blank && Role::of(schema) == Some(Role::Prompt) && profile.is_required(model, &pointer) {
                put(&mut body, &pointer, json!(SUBJECT));
            }
            let stays = !is_blank && self.stays.get(number % BITS).copied().unwrap_or(true);
            // Without a prompt and an image there is nothing to make a video of.
            let is_subject = subject.as_ref() == Some(&pointer);
            if stays || is_subject || body.pointer(&pointer).is_none() || profile.is_required(model, &pointer)
            {
                continue;
            }
            let mut without = body.clone();
            remove(&mut without, &pointer);
            // Where one of several members has to be there, the last of them cannot go.
            if checker.accepts(&without) {
                body = without;
            }
        }
        let mut body = settled(model, body);
        profile.give_subject(model, &mut body);
        body
    }
}

/// The texts that name an image, by every way in which one can be handed over.
pub(super) fn ways(image: &Image) -> Vec<String> {
    let mut ways = vec![Transport::DataUri, Transport::Base64, Transport::Part];
    // Without an address that the target can read, only the contract's examples are addresses.
    ways.extend(image.url.is_some().then_some(Transport::Url));
    let texts = ways.into_iter().map(|way| image.by(way));
    texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// A body in one line: the image is named by how it comes, other long texts are cut.
pub(super) fn describe_body(body: &Value, image: &Image) -> String {
    let ways = [Transport::Url, Transport::DataUri, Transport::Base64, Transport::Part];
    let texts = ways.map(|way| (image.by(way), way_word(way)));
    shorten_texts(body, &texts).to_string()
}

fn shorten_texts(value: &Value, images: &[(Value, &str)]) -> Value {
    match value {
        Value::String(text) => {
            if let Some((_, word)) = images.iter().find(|(named, _)| named == value) {
                return Value::String(format!("({word})"));
            }
            let length = text.chars().count();
            if length <= SHOWN {
                return value.clone();
            }
            let start: String = text.chars().take(SHOWN).collect();
            Value::String(format!("{start}... ({length} characters)"))
        }
        Value::Array(items) => items.iter().map(|item| shorten_texts(item, images)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), shorten_texts(member, images))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// How an image comes, in words.
pub(super) fn way_word(way: Transport) -> &'static str {
    match way {
        Transport::Url => "an address",
        Transport::DataUri => "a data URI",
        Transport::Base64 => "base64",
        Transport::Part => "a file of the form",
    }
}

/// GEN-01.
pub(super) fn good_bodies(session: &mut Session<'_>) -> CaseEnd {
    require_unlimited(session)?;
    let effort = Effort { tries: tries(session, USUAL), shrinks: SHRINKS };
    session.note("bodies", effort.tries);
    let image = image(session);
    let texts = ways(&image);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    holds(session, "GEN-01", "bodies", effort, &drawn(), |session, drawn| {
        let profile = session.profile;
        let model = drawn.model(profile)?;
        let body = drawn.body(profile, model, &texts);
        let ask = profile.submit(model, &body, &image).from(account(session));
        match session.accept_ask(&ask, profile.price(model, &body)) {
            Ok(_) => Ok(()),
            Err(CaseError::Failed(why)) => Err(CaseError::Failed(format!(
                "{why}, for {} with the body {}",
                model.id,
                describe_body(&body, &image)
            ))),
            Err(other) => Err(other),
        }
    })
}
