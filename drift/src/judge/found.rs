//! Findings gathered over the states of jobs: a place that differs in three states is one finding.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Confidence, Finding, SampleCount};
use crate::{Kind, Severity, Verdict};
use serde_json::{Map, Value, json};

use super::fact::{Fact, Presence, step};
use super::{AnswerPlace, Triple};
use crate::observed::shape::{ENOUGH_SAMPLES, Shape, moment};
use crate::verdict::{Statements, meaning};

/// So few answers that something may be missing by chance.
const FEW: u32 = 3;

/// One thing that was found, in one state.
#[derive(Clone, Debug)]
pub(super) struct JudgedPlace {
    kind: Kind,
    severity: Severity,
    verdict: Verdict,
    operation: String,
    place: String,
    pointer: Option<String>,
    state: String,
    values: Statements<Value>,
    texts: Statements<String>,
    evidence: Option<SampleCount>,
    seen: Option<(i64, i64)>,
    /// Whether it rests on what was seen, not on what was not.
    sighting: bool,
}

/// Everything that was found, by kind and place.
#[derive(Debug, Default)]
pub(super) struct JudgedPlaces(BTreeMap<(Kind, String), Vec<JudgedPlace>>);

impl<T> Statements<T> {
    fn map<U>(&self, mut change: impl FnMut(&T) -> U) -> Statements<U> {
        Statements {
            docs: self.docs.as_ref().map(&mut change),
            emulator: self.emulator.as_ref().map(&mut change),
            live: self.live.as_ref().map(&mut change),
            previous: self.previous.as_ref().map(&mut change),
        }
    }
}

/// What a document says beside answers: what was seen, if it leaves room for that, else its own words.
pub(super) fn beside<T: Clone>(
    stated: Option<T>,
    said: &Statements<T>,
    allows: impl Fn(&T, &T) -> bool,
) -> Statements<T> {
    let docs = stated.map(|stated| {
        let seen = [&said.live, &said.emulator].into_iter().flatten().find(|seen| allows(&stated, seen));
        seen.cloned().unwrap_or(stated)
    });
    Statements {
        docs,
        emulator: said.emulator.clone(),
        live: said.live.clone(),
        previous: said.previous.clone(),
    }
}

impl JudgedPlaces {
    /// Takes what was found, if anything was.
    pub(super) fn add(&mut self, told: Option<JudgedPlace>) {
        if let Some(told) = told {
            self.0.entry((told.kind, told.place.clone())).or_default().push(told);
        }
    }

    /// Judges a member.
    pub(super) fn member(
        &mut self,
        spot: AnswerPlace<'_>,
        said: &Statements<Fact>,
        inner: Triple<Option<&Shape>>,
        around: Triple<Option<&Shape>>,
    ) {
        let judged = beside(said.docs.clone(), said, Fact::allows);
        let verdict = judged.verdict();
        let Some(seen) = said.live.as_ref().or(said.emulator.as_ref()) else { return };
        let stated = said.docs.as_ref();
        let held = match verdict {
            Verdict::Ok => return,
            // That an answer lacked what it may lack proves nothing until there are many.
            Verdict::EmulatorWrong | Verdict::UndocumentedEmulatorWrong if is_lack(said, around) => return,
            // Where nobody looked at the vendor, an emulator that keeps the documentation is no news.
            Verdict::Unproven => match stated.filter(|_| judged.docs != said.emulator) {
                Some(stated) => stated.clone(),
                None => return,
            },
            Verdict::Undocumented if spot.told || seen.presence == Presence::Never => return,
            Verdict::Undocumented => Fact::never(),
            Verdict::EmulatorWrong | Verdict::UndocumentedEmulatorWrong => {
                said.emulator.clone().unwrap_or_else(Fact::never)
            }
            Verdict::DocsWrong
            | Verdict::DocsWrongAndEmulatorStale
            | Verdict::VendorDrifted
            | Verdict::DocsWrongOrDrifted
            | Verdict::Unresolved => stated.cloned().unwrap_or_else(Fact::never),
        };
        let (kind, severity) = step(&held, seen);
        // A client that followed the documentation is well served; one that was tried on the emulator may not be.
        let severity = match verdict {
            Verdict::EmulatorWrong | Verdict::UndocumentedEmulatorWrong => severity.max(Severity::Risky),
            _ => severity,
        };
        let shape = inner.live.or(if said.live.is_some() { None } else { inner.emulator });
        let parent = if said.live.is_some() { around.live } else { around.emulator };
        let samples = parent.map_or(0, Shape::objects);
        let present = shape.map_or(0, |shape| shape.present);
        // Of what is not there it is told when it last was.
        let before = if said.live.is_some() { inner.previous } else { None };
        let times = shape.or(before).filter(|shape| shape.present > 0);
        let times = times.map(|shape| (shape.first_ms, shape.last_ms));
        let sighting = matches!(kind, Kind::MemberAdded | Kind::TypeChanged | Kind::NullableChanged)
            && seen.presence != Presence::Never
            && verdict != Verdict::EmulatorWrong;
        self.add(Some(JudgedPlace {
            kind,
            severity,
            verdict,
            operation: spot.kind.operation.clone(),
            place: format!("{}.reply/{}{}", spot.kind.operation, spot.kind.status, spot.pointer),
            pointer: Some(spot.pointer.to_owned()),
            state: spot.kind.state.clone(),
            values: said.map(Fact::value),
            texts: said.map(Fact::text),
            evidence: Some(SampleCount { samples, present }),
            seen: times,
            sighting,
        }));
    }

    /// Every finding, states gathered.
    pub(super) fn findings(self, vendor: &str) -> Vec<Finding> {
        self.0.into_values().map(|told| gather_places(vendor, &told)).collect()
    }
}

/// Whether emulator and vendor differ only in a member that need not be there and was missing in a few of the vendor's answers.
fn is_lack(said: &Statements<Fact>, around: Triple<Option<&Shape>>) -> bool {
    let (Some(emulator), Some(live)) = (&said.emulator, &said.live) else {
        return false;
    };
    let same =
        live.presence == Presence::Never || (live.types == emulator.types && live.null == emulator.null);
    let few = around.live.map_or(0, Shape::objects) < ENOUGH_SAMPLES;
    said.docs.as_ref().is_none_or(|docs| docs.allows(emulator))
        && live.presence != Presence::Always
        && same
        && few
}

/// How sure it is: what was seen is certain, what was not seen only after a while.
fn sure(sighting: bool, samples: u32) -> Confidence {
    if sighting || samples >= ENOUGH_SAMPLES {
        Confidence::Certain
    } else if samples >= FEW {
        Confidence::Likely
    } else {
        Confidence::Weak
    }
}

impl JudgedPlace {
    /// The status of good answers.
    pub(super) fn status(operation: &str, said: &Statements<BTreeSet<u16>>) -> Option<Self> {
        let verdict = said.verdict();
        let silent = matches!(verdict, Verdict::Ok | Verdict::Undocumented);
        let unlooked = verdict == Verdict::Unproven && (said.docs == said.emulator || said.docs.is_none());
        if silent || unlooked || (said.live.is_none() && said.emulator.is_none()) {
            return None;
        }
        let place = format!("{operation}.status");
        Some(Self::of_statuses(Severity::Breaking, verdict, operation, place, said))
    }

    /// What a case was answered with.
    pub(super) fn case(operation: &str, case: &str, said: &Statements<BTreeSet<u16>>) -> Option<Self> {
        let verdict = said.verdict();
        let unlooked = verdict == Verdict::Unproven && (said.docs == said.emulator || said.docs.is_none());
        if unlooked || matches!(verdict, Verdict::Ok | Verdict::Undocumented) {
            return None;
        }
        let place = format!("{operation}.case/{case}");
        Some(Self::of_statuses(Severity::Risky, verdict, operation, place, said))
    }

    fn of_statuses(
        severity: Severity,
        verdict: Verdict,
        operation: &str,
        place: String,
        said: &Statements<BTreeSet<u16>>,
    ) -> Self {
        let text = |statuses: &BTreeSet<u16>| {
            let all: Vec<String> = statuses.iter().map(|status| format!("status {status}")).collect();
            all.join(" or ")
        };
        Self {
            kind: Kind::StatusChanged,
            severity,
            verdict,
            operation: operation.to_owned(),
            place,
            pointer: None,
            state: String::new(),
            values: said.map(|statuses| json!(statuses)),
            texts: said.map(text),
            evidence: None,
            seen: None,
            sighting: true,
        }
    }

    /// Words that are not listed.
    pub(super) fn words(
        place: &str,
        pointer: &str,
        said: &Statements<Vec<Value>>,
        listed: &Value,
        shape: Option<&Shape>,
    ) -> Option<Self> {
        let text = |words: &Vec<Value>| match words.as_slice() {
            [] => "only words that are listed".to_owned(),
            words => {
                let words: Vec<String> = words.iter().map(Value::to_string).collect();
                format!("also {}", words.join(", "))
            }
        };
        let mut values = said.map(|words| json!({"unlisted": words}));
        values.docs = Some(json!({"values": listed}));
        let samples = shape.map_or(0, |shape| shape.present);
        Some(Self {
            kind: Kind::EnumChanged,
            severity: Severity::Risky,
            verdict: said.verdict(),
            operation: place.split('.').next().unwrap_or_default().to_owned(),
            place: format!("{place}{pointer}"),
            pointer: Some(pointer.to_owned()),
            state: String::new(),
            values,
            texts: said.map(text),
            evidence: Some(SampleCount { samples, present: samples }),
            seen: shape.map(|shape| (shape.first_ms, shape.last_ms)),
            sighting: true,
        })
    }
}

/// How early a verdict is to be read.
fn rank(verdict: Verdict) -> usize {
    let order = [
        Verdict::VendorDrifted,
        Verdict::DocsWrongAndEmulatorStale,
        Verdict::DocsWrongOrDrifted,
        Verdict::Unresolved,
        Verdict::DocsWrong,
        Verdict::EmulatorWrong,
        Verdict::UndocumentedEmulatorWrong,
        Verdict::Unproven,
        Verdict::Undocumented,
        Verdict::Ok,
    ];
    order.iter().position(|held| *held == verdict).unwrap_or(order.len())
}

fn gather_places(vendor: &str, told: &[JudgedPlace]) -> Finding {
    let worst = told
        .iter()
        .min_by_key(|told| (told.severity, rank(told.verdict), told.state.clone()))
        .expect("something is only listed with what was told of it");
    let mut finding = Finding::new(vendor, worst.kind, worst.severity, &worst.operation, &worst.place);
    finding.verdict = Some(worst.verdict);
    if worst.kind != Kind::MemberAdded {
        finding.pointer.clone_from(&worst.pointer);
    }
    if worst.kind != Kind::MemberRemoved {
        finding.to_pointer.clone_from(&worst.pointer);
    }
    let of = |pick: fn(&Statements<Value>) -> &Option<Value>| by_state(told, pick);
    finding.docs = of(|said| &said.docs);
    finding.emulator = of(|said| &said.emulator);
    finding.live = of(|said| &said.live);
    finding.previous_live = of(|said| &said.previous);
    finding.evidence = told.iter().filter_map(|told| told.evidence).reduce(|one, other| SampleCount {
        samples: one.samples + other.samples,
        present: one.present + other.present,
    });
    let times = told.iter().filter_map(|told| told.seen);
    finding.first_seen = times.clone().map(|(first, _)| first).min().map(moment);
    finding.last_seen = times.map(|(_, last)| last).max().map(moment);
    let sighting = told.iter().any(|told| told.sighting);
    finding.confidence = sure(sighting, finding.evidence.map_or(0, |evidence| evidence.samples));
    finding.message = message(worst, told);
    finding
}

/// What somebody said: as it is if it is the same in all states, else by state.
fn by_state(told: &[JudgedPlace], pick: fn(&Statements<Value>) -> &Option<Value>) -> Option<Value> {
    let said: Vec<(&str, &Value)> =
        told.iter().filter_map(|told| Some((told.state.as_str(), pick(&told.values).as_ref()?))).collect();
    let (_, first) = said.first()?;
    if said.iter().all(|(_, value)| value == first) {
        return Some((*first).clone());
    }
    let named = |state: &str| if state.is_empty() { "unknown" } else { state }.to_owned();
    Some(Value::Object(
        said.iter().map(|(state, value)| (named(state), (*value).clone())).collect::<Map<_, _>>(),
    ))
}

fn message(worst: &JudgedPlace, all: &[JudgedPlace]) -> String {
    let mut parts = Vec::new();
    let said = &worst.texts;
    let mut say = |who: &str, what: &Option<String>| {
        if let Some(what) = what {
            parts.push(format!("{who}: {what}"));
        }
    };
    say("documented", &said.docs);
    say("emulator", &said.emulator);
    say("vendor", &said.live);
    say("vendor before", &said.previous);
    let states: BTreeSet<&str> =
        all.iter().map(|told| told.state.as_str()).filter(|s| !s.is_empty()).collect();
    let states: Vec<&str> = states.into_iter().collect();
    let states = if states.is_empty() { String::new() } else { format!(" while {}", states.join(", ")) };
    format!("{}{states}; {}", meaning(worst.verdict), parts.join("; "))
}
