//! Two sides side by side: documents by the contracts' comparison, answers also by the three-way one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use mockreel_contracts::Vendor;
use mockreel_contracts::contract::views::openapi::View;
use mockreel_drift::{Finding, Kind, Report, Verdict, compare, of_contract};

use super::answers::compare_answers;
use super::inputs::{Input, InputKind, InputName, dated, of_file};
use crate::cases::KnownCases;
use crate::exit::SuiteError;
use crate::profile::Profile;
use crate::session::ComparisonInputs;
use mockreel_drift::judge::{Sides, judge};
use mockreel_drift::observed::{NullPlace, Observed, null_places};
use mockreel_drift::report::Documents;

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub struct InputPair<'a> {
    /// The older side.
    pub old: &'a Input,
    /// The newer side.
    pub new: &'a Input,
    /// Answers of the emulator.
    pub emulator: Option<&'a Input>,
    /// Earlier answers of the vendor.
    pub previous: Option<&'a Input>,
    /// What of contracts is compared.
    pub view: View,
}

/// What differs between two sides.
///
/// A contract stands for what it marks as documented, unless the view says that it is what it enforces.
///
/// # Errors
///
/// If answers are wanted and something else was named.
pub fn compare_inputs(pair: InputPair<'_>) -> Result<Report, SuiteError> {
    let mut report = compare_sides(pair)?;
    let sides = [Some(pair.old), Some(pair.new), pair.emulator, pair.previous];
    report.not_compared.extend(sides.into_iter().flatten().flat_map(|side| side.gaps.iter().cloned()));
    Ok(report)
}

fn compare_sides(pair: InputPair<'_>) -> Result<Report, SuiteError> {
    let emulator = require_answers(pair.emulator, "--emulator")?;
    let previous = require_answers(pair.previous, "--previous")?;
    let (old, new) = (pair.old, pair.new);
    let view = pair.view;
    let plain = match (&old.what, &new.what) {
        (InputKind::Answers(before, _), InputKind::Answers(now, _)) => {
            compare_answers((before, &old.name), (now, &new.name))
        }
        _ => compare(&old.surface(view), &new.surface(view)),
    };
    let (live, contract) = match &new.what {
        InputKind::Answers(live, contract) => (live.as_ref(), contract),
        InputKind::Document(..) | InputKind::Contract(_) => {
            let given = [(emulator, "--emulator"), (previous, "--previous")];
            if let Some((_, flag)) = given.iter().find(|(given, _)| given.is_some()) {
                let line = format!(
                    "{flag} is held beside answers: expected a cassette, live or an address as NEW, found {}",
                    new.name
                );
                return Err(SuiteError::Usage(line));
            }
            return Ok(plain);
        }
    };
    let profile = Profile::new(Arc::clone(contract));
    let before = match &old.what {
        InputKind::Answers(before, _) => Some(before.as_ref()),
        InputKind::Document(..) | InputKind::Contract(_) => None,
    };
    // What a stand-in answers is the emulator's word, wherever it was named.
    let is_live = |seen: &&Observed| !seen.stand_in;
    let all = [Some(live), before];
    let stand_in = emulator.or(all.into_iter().flatten().find(|seen| seen.stand_in));
    let docs = match &old.what {
        InputKind::Answers(..) => of_contract(contract, view),
        InputKind::Document(..) | InputKind::Contract(_) => old.surface(view),
    };
    let stub = live.stub.clone().filter(|_| !live.stand_in);
    let sides = Sides {
        docs: &docs,
        cases: &KnownCases { profile: Some(&profile) },
        // A server that is not the vendor proves nothing about the emulator.
        emulator: stand_in.filter(|_| stub.is_none()),
        live: Some(live).filter(is_live),
        previous: before.filter(is_live).or(previous),
    };
    let mut judged = judge(sides, &new.name);
    if let Some(address) = &stub {
        judged.findings.iter_mut().for_each(|finding| name_stub(finding, address));
        judged.not_compared.push(format!(
            "the vendor: {} holds answers of {address}, a server on this machine, so it is held against the \
             documentation alone",
            new.name
        ));
    }
    if !old.is_observed() {
        return Ok(with_moves(judged, plain));
    }
    let only_null = null_places(&old.surface(view), &new.surface(view));
    Ok(with_verdicts(plain, judged, &only_null, &old.name))
}

/// Reads what a run of the suite is compared with: an earlier recording, and two files of the vendor or a dated folder.
///
/// # Errors
///
/// If one of them cannot be read, or there are not two files.
pub fn read_comparison_inputs(
    previous: Option<&str>,
    specs: &[String],
    vendor: &Vendor,
) -> Result<ComparisonInputs, SuiteError> {
    let read = |name: &str| {
        let side = InputName::parse(name)?.read(name, Some(vendor))?;
        side.ok_or_else(|| SuiteError::Usage(format!("{name}: expected something to read, not to ask")))
    };
    let side = previous.map(read).transpose()?;
    if let Some(gap) = side.as_ref().and_then(|side| side.gaps.first()) {
        return Err(SuiteError::Usage(format!("--previous {gap}; record the run again")));
    }
    let previous = require_answers(side.as_ref(), "--previous")?.cloned().map(Arc::new);
    let documents = match specs {
        [] => return Ok(ComparisonInputs { previous, specs: None }),
        [old, new] => (read(old)?, read(new)?),
        [folder] if Path::new(folder).is_dir() => {
            let days = dated(Path::new(folder))?.unwrap_or_default();
            match days.as_slice() {
                [.., (_, old), (_, new)] => (of_file(old)?, of_file(new)?),
                _ => return Err(bad_specs(specs)),
            }
        }
        _ => return Err(bad_specs(specs)),
    };
    if documents.0.is_observed() || documents.1.is_observed() {
        return Err(bad_specs(specs));
    }
    let pair = InputPair {
        old: &documents.0,
        new: &documents.1,
        emulator: None,
        previous: None,
        view: View::Documented,
    };
    Ok(ComparisonInputs { previous, specs: Some(Arc::new(compare_inputs(pair)?)) })
}

fn bad_specs(found: &[String]) -> SuiteError {
    let found = found.join(", ");
    let line =
        format!("--spec: expected two files, the older first, or a folder of dated ones; found {found}");
    SuiteError::Usage(line)
}

/// The files of both sides.
pub fn documents(old: &Input, new: &Input) -> Documents {
    Documents { old: old.documents(), new: new.documents() }
}

fn require_answers<'a>(side: Option<&'a Input>, flag: &str) -> Result<Option<&'a Observed>, SuiteError> {
    match side.map(|side| (&side.what, &side.name)) {
        None => Ok(None),
        Some((InputKind::Answers(seen, _), _)) => Ok(Some(seen)),
        Some((InputKind::Document(..) | InputKind::Contract(_), name)) => {
            let line = format!(
                "{flag} {name}: expected answers (a cassette, emulator, live or an address), found a description"
            );
            Err(SuiteError::Usage(line))
        }
    }
}

/// Says of a finding whose answers it rests on, where the vendor's they are not; then it has no verdict.
fn name_stub(finding: &mut Finding, address: &str) {
    let verdict = finding.verdict.take();
    let meaning = verdict.map(mockreel_drift::verdict::meaning).unwrap_or_default();
    let rest = finding.message.strip_prefix(meaning).unwrap_or(&finding.message);
    let said = if verdict == Some(Verdict::Undocumented) {
        "says what nobody documents"
    } else {
        "does otherwise than documented"
    };
    let rest = rest.replace("; vendor: ", "; the server: ");
    finding.message = format!("the server at {address}, which is not the vendor, {said}{rest}");
}

/// What differs between two series of answers, with what the documentation has to do with it.
///
/// What the earlier answers had only as null shows none of its members, so those are held against the documentation.
fn with_verdicts(mut plain: Report, judged: Report, only_null: &[NullPlace], old: &str) -> Report {
    let below = |place: &str| {
        only_null.iter().any(|null| {
            null.in_older && place.strip_prefix(&null.place).is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let by_place: BTreeMap<&str, &Finding> =
        judged.findings.iter().map(|finding| (finding.place.as_str(), finding)).collect();
    for finding in &mut plain.findings {
        if let Some(held) = by_place.get(finding.place.as_str()) {
            finding.verdict = held.verdict;
            finding.docs.clone_from(&held.docs);
            finding.emulator.clone_from(&held.emulator);
            finding.live.clone_from(&held.live);
            finding.previous_live.clone_from(&held.previous_live);
        }
    }
    let known: BTreeSet<String> = plain.findings.iter().map(|finding| finding.place.clone()).collect();
    let more = judged
        .findings
        .into_iter()
        .filter(|finding| below(&finding.place) && !known.contains(&finding.place));
    plain.findings.extend(more);
    plain.not_compared.extend(only_null.iter().map(|null| null.describe(old, &plain.new)));
    plain.not_compared.sort();
    plain.sort();
    plain
}

/// Members that the plain comparison knows to be renamed or moved, instead of one that went and one that came.
fn with_moves(mut judged: Report, plain: Report) -> Report {
    for mut finding in plain.findings {
        let moved = match finding.kind {
            Kind::MemberRenamed | Kind::MemberMoved => true,
            Kind::PathMoved => {
                judged.findings.push(finding);
                continue;
            }
            _ => false,
        };
        let Some(to) = finding.to_place.clone().filter(|_| moved) else { continue };
        let is = |held: &Finding, kind: Kind, place: &str| held.kind == kind && held.place == place;
        let went = judged.findings.iter().position(|held| is(held, Kind::MemberRemoved, &finding.place));
        let came = judged.findings.iter().any(|held| is(held, Kind::MemberAdded, &to));
        let Some(went) = went.filter(|_| came) else { continue };
        let held = judged.findings.remove(went);
        judged.findings.retain(|held| !is(held, Kind::MemberAdded, &to));
        finding.verdict = held.verdict;
        finding.docs = held.docs;
        finding.emulator = held.emulator;
        finding.previous_live = held.previous_live;
        finding.live.clone_from(&finding.to);
        judged.findings.push(finding);
    }
    judged.sort();
    judged
}
