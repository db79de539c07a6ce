//! Keys that a recording can do without: one that is a word of the vendor's own answers would be taken out of them.

use std::path::Path;

use mockreel_contracts::Phase;
use mockreel_evidence::redact::Redactor;

use super::options::CheckOptions;
use crate::exit::SuiteError;

/// Refuses to record with a key that the vendor's answers are written in.
///
/// # Errors
///
/// If a key is part of a path, a member's name or a word that the contract knows. It is not repeated.
pub(super) fn require_recordable_keys(wanted: &CheckOptions, dir: &Path) -> Result<(), SuiteError> {
    let words = list_words(wanted);
    let plain = Redactor::default().text(&words);
    let keys = [&wanted.keys.0, &wanted.keys.1].into_iter().flatten();
    for key in keys {
        // What cannot be redacted at all is refused elsewhere.
        let Ok(redactor) = Redactor::new(&[key]) else { continue };
        if redactor.text(&words) != plain {
            return Err(SuiteError::Usage(format!(
                "--cassette {}: expected a key that can be told from the vendor's answers, found one that is part of a \
                 word in them (it is not repeated here), so that a recording without it could not be judged; use \
                 another key, or do not record",
                dir.display()
            )));
        }
    }
    Ok(())
}

/// The words in which a vendor's answers are written, as the contract has them.
fn list_words(wanted: &CheckOptions) -> String {
    let contract = &wanted.contract;
    let mut words = vec![contract.problem_schema.to_string()];
    for operation in contract.operations.values() {
        words.extend(operation.routes.iter().map(|route| route.path.clone()));
        words.push(operation.reply.to_string());
    }
    let phases = Phase::ALL.into_iter().flat_map(|phase| contract.words(phase));
    words.extend(phases.map(crate::profile::value_text));
    words.extend(contract.models.keys().cloned());
    words.join("\n")
}
