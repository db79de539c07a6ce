//! Bodies that are wrong in just one place: freely where nothing costs, else a few, each paid for in advance.

use mockreel_contracts::contract::check::normalise::normalised;
use mockreel_contracts::contract::views::examples::{JustBad, breaks};
use mockreel_contracts::{Model, Operation};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::bodies::{DrawnBody, describe_body, drawn, ways};
use super::property::{Effort, holds, replay};
use super::random;
use super::scope::{image, is_unlimited, tries};
use crate::cases::{Noticed, expect_notice};
use crate::profile::{Ask, Image, Profile};
use crate::session::{CaseEnd, CaseError, Session};
use mockreel_contracts::Amount;

/// Bad bodies that are sent where nothing costs, unless more are asked for.
const USUAL: u32 = 60;

/// Smaller bodies that are tried once one was accepted.
const SHRINKS: u32 = 400;

/// Draws for one body, at most: a form may be able to say no fault of a body that was drawn.
const DRAWS: u32 = 10;

/// What draws are called, so that a paid run begins with the bodies of a free one.
const LABEL: &str = "faults";

/// A body with one fault, ready to be sent.
struct BodyFault<'a> {
    model: &'a Model,
    bad: JustBad,
    ask: Ask,
    /// What it costs at most if it is accepted.
    worst: Option<Amount>,
}

/// What faults are drawn for.
struct Ground<'a> {
    profile: &'a Profile,
    image: Image,
    /// The texts that name it.
    texts: Vec<String>,
    /// How many faults were left out, because a form cannot say them.
    left_out: u32,
    /// Whether the job of a body that was accepted failed as it should; `None` before one was followed.
    followed: Option<bool>,
    /// How many such jobs were not followed.
    left_alone: u32,
}

/// GEN-02.
pub(super) fn just_bad_bodies(session: &mut Session<'_>) -> CaseEnd {
    let image = image(session);
    let mut ground = Ground {
        profile: session.profile,
        texts: ways(&image),
        image,
        left_out: 0,
        followed: None,
        left_alone: 0,
    };
    let verdict = if is_unlimited(session) {
        try_sample(session, &mut ground)
    } else {
        try_allowed(session, &mut ground)
    };
    if ground.left_out > 0 {
        session.note("faults_that_a_form_cannot_say", ground.left_out);
    }
    if ground.left_alone > 0 {
        session.note("accepted_and_not_followed", ground.left_alone);
    }
    verdict
}

/// The body and which of its faults: that one is kept while the body is made smaller.
fn any_fault() -> impl Strategy<Value = (DrawnBody, u16)> {
    (drawn(), any::<u16>().no_shrink())
}

/// One of the faults: first the rule is drawn, so that rare ones get their turn, then the place.
///
/// The lot of each depends on nothing but itself and `which`, so the same one wins while others go.
fn choose_fault(faults: Vec<JustBad>, which: u16) -> Option<JustBad> {
    let lot = |text: &str| {
        let mut digest = Sha256::new();
        digest.update(which.to_be_bytes());
        digest.update(text.as_bytes());
        digest.finalize()
    };
    let wrong = |bad: &JustBad| bad.body.pointer(&bad.pointer).map(Value::to_string).unwrap_or_default();
    let lots = |bad: &JustBad| (lot(bad.rule), lot(&format!("{} {}", bad.pointer, wrong(bad))));
    faults.into_iter().min_by_key(lots)
}

/// Where nothing costs: a sample, and the smallest one that is accepted.
fn try_sample(session: &mut Session<'_>, ground: &mut Ground<'_>) -> CaseEnd {
    let effort = Effort { tries: tries(session, USUAL), shrinks: SHRINKS };
    holds(session, "GEN-02", LABEL, effort, &any_fault(), |session, (drawn, which)| {
        match ground.fault(drawn, *which)? {
            Some(fault) => expect_refusal(session, &fault, ground),
            None => Ok(()),
        }
    })
}

/// Where it can cost: at most as many as were allowed, up to the first that is accepted. None is made
/// smaller, because every try could cost again.
fn try_allowed(session: &mut Session<'_>, ground: &mut Ground<'_>) -> CaseEnd {
    let allowed = session.generated();
    if allowed == 0 {
        let line = "could cost a job for each body that is accepted after all: --generated N allows N bodies";
        return Err(CaseError::NotApplicable(line.to_owned()));
    }
    let mut runner = random::runner(&session.draw(LABEL));
    let mut planned = Ok(());
    let mut sent = 0;
    for _ in 0..allowed.saturating_mul(DRAWS) {
        if sent == allowed {
            break;
        }
        let tree = any_fault().new_tree(&mut runner);
        let (drawn, which) =
            tree.map_err(|why| CaseError::Internal(format!("GEN-02 cannot draw a body: {why}")))?.current();
        let Some(fault) = ground.fault(&drawn, which)? else { continue };
        sent += 1;
        match expect_refusal(session, &fault, ground) {
            Ok(()) => {}
            Err(CaseError::Unreachable(why)) if session.is_planning() => {
                planned = Err(CaseError::Unreachable(why))
            }
            Err(CaseError::Failed(why)) => {
                return Err(CaseError::Failed(format!("{why}; {}", replay(session, "GEN-02"))));
            }
            Err(other) => return Err(other),
        }
    }
    session.note("bodies", sent);
    planned
}

/// Sends a body with a fault once.
fn expect_refusal(session: &mut Session<'_>, fault: &BodyFault<'_>, ground: &mut Ground<'_>) -> CaseEnd {
    let refused = match session.profile.contract().late_refusals {
        Some(_) => expect_late_refusal(session, fault, ground),
        None => session.refuse(&fault.ask, fault.worst).map(|_| ()),
    };
    let image = &ground.image;
    match refused {
        Ok(()) => Ok(()),
        Err(CaseError::Failed(why)) => {
            let JustBad { body, pointer, rule } = &fault.bad;
            let (model, body) = (&fault.model.id, describe_body(body, image));
            Err(CaseError::Failed(format!(
                "{why}, though {pointer} breaks {rule}, for {model} with the body {body}"
            )))
        }
        Err(other) => Err(other),
    }
}

/// The same where a vendor may also let the job fail. One such job is followed: each takes as long as a video. The
/// others are cancelled where that is possible, and left alone.
fn expect_late_refusal(session: &mut Session<'_>, fault: &BodyFault<'_>, ground: &mut Ground<'_>) -> CaseEnd {
    let takes_no_time = session.target.control.is_some();
    let Some(failed) = ground.followed.filter(|_| !takes_no_time) else {
        let noticed = expect_notice(session, &fault.ask, fault.worst);
        match &noticed {
            Ok(Noticed::ByJob(_)) => ground.followed = Some(true),
            Err(CaseError::Failed(_)) if session.last_accepted().is_some() => ground.followed = Some(false),
            Ok(Noticed::AtSubmit(_)) | Err(_) => {}
        }
        return noticed.map(|_| ());
    };
    match session.refuse(&fault.ask, fault.worst) {
        Err(CaseError::Failed(why)) => {
            let Some(id) = session.last_accepted() else { return Err(session.leave_open(why)) };
            session.cancel(&id);
            ground.left_alone += 1;
            if failed { Ok(()) } else { Err(CaseError::Failed(why)) }
        }
        other => other.map(|_| ()),
    }
}

impl<'a> Ground<'a> {
    /// A fault of the body that was drawn; `None` if it has none that can be sent.
    fn fault(&mut self, drawn: &DrawnBody, which: u16) -> Result<Option<BodyFault<'a>>, CaseError> {
        let model = drawn.model(self.profile)?;
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        let body = drawn.body(self.profile, model, &texts);
        let mut faults = breaks(model, &body, &texts);
        if self.profile.takes_forms() {
            let all = faults.len();
            faults.retain(|bad| survives_form(self.profile, model, &bad.body));
            self.left_out += u32::try_from(all - faults.len()).unwrap_or(u32::MAX);
        }
        let Some(mut bad) = choose_fault(faults, which) else { return Ok(None) };
        self.profile.fill_form(model, &mut bad.body);
        let ask = self.profile.submit(model, &bad.body, &self.image);
        let named = self.profile.operation(Operation::Submit).and_then(|submit| submit.model_at.as_ref());
        // Nobody knows which model a body means that names it wrongly.
        let worst = if named == Some(&bad.pointer) {
            self.profile.dearest_price()
        } else {
            self.profile.worst_price(model)
        };
        Ok(Some(BodyFault { model, bad, ask, worst }))
    }
}

/// Whether a body is still wrong once a form has made texts of all its values.
fn survives_form(profile: &Profile, model: &Model, body: &Value) -> bool {
    let members = body.as_object().into_iter().flatten();
    let texts = members.map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), Value::String(text))
    });
    let read = normalised(&model.request, Value::Object(texts.collect()));
    !profile.contract().request_checker(model).accepts(&read)
}
