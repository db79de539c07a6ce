//! The choice of cases: by id or by area, with what they need.

use crate::case::Case;
use crate::cases::catalogue;
use crate::exit::SuiteError;
use crate::profile::Profile;

/// Which cases are wanted: ids (`VAL-09`) or areas (`VAL`).
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// These alone, and what they need; empty means all.
    pub only: Vec<String>,
    /// All but these.
    pub skip: Vec<String>,
}

impl Choice {
    /// The names in `--only` of which the vendor has no case at all, each with the reason of the first.
    pub(crate) fn find_lacking(&self, profile: &Profile) -> Vec<(String, String)> {
        let all = catalogue();
        let lacks = |name: &String| {
            let meant: Vec<&&Case> = all.iter().filter(|case| is_meant(case, &plain_name(name))).collect();
            let whys: Option<Vec<String>> = meant.iter().map(|case| (case.excluded)(profile)).collect();
            whys?.into_iter().next().map(|why| (name.clone(), why))
        };
        self.only.iter().filter_map(lacks).collect()
    }

    /// The cases that are wanted, in the order of the catalogue, with those that they need.
    ///
    /// # Errors
    ///
    /// If a name means no case, a case is wanted and not wanted, or is needed and not wanted.
    pub fn cases(&self) -> Result<Vec<&'static Case>, SuiteError> {
        let all = catalogue();
        let meant = |name: &str, flag: &str| {
            let name = plain_name(name);
            let found: Vec<&'static Case> =
                all.iter().copied().filter(|case| is_meant(case, &name)).collect();
            if found.is_empty() {
                let line = format!(
                    "{flag} {name}: there is no such case; `mockreel check --list VENDOR` lists them"
                );
                return Err(SuiteError::Usage(line));
            }
            Ok(found)
        };
        let mut skipped: Vec<&str> = Vec::new();
        for name in &self.skip {
            skipped.extend(meant(name, "--skip")?.iter().map(|case| case.id));
        }
        let mut wanted: Vec<&str> = Vec::new();
        for name in &self.only {
            let found = meant(name, "--only")?;
            // A case may be taken out of an area, but not be wanted by its own name and taken out.
            let left: Vec<&str> =
                found.iter().map(|case| case.id).filter(|id| !skipped.contains(id)).collect();
            if left.is_empty() {
                let line = format!("{name} is both in --only and in --skip; take it out of one");
                return Err(SuiteError::Usage(line));
            }
            wanted.extend(left);
        }
        let chosen = |case: &&'static Case| {
            (self.only.is_empty() || wanted.contains(&case.id)) && !skipped.contains(&case.id)
        };
        let mut ids: Vec<&str> = all.iter().filter(|case| chosen(case)).map(|case| case.id).collect();
        if self.only.is_empty() {
            // Without --only a skipped case takes along those that rest on it.
            ids.retain(|id| {
                let case = all.iter().find(|case| case.id == *id);
                case.is_some_and(|case| !case.needs.iter().any(|need| skipped.contains(need)))
            });
        }
        let mut place = 0;
        while let Some(id) = ids.get(place).copied() {
            place += 1;
            let needs = all.iter().find(|case| case.id == id).map_or(&[][..], |case| case.needs);
            for need in needs {
                if skipped.contains(need) {
                    let line = format!("{id} needs {need}, which --skip leaves out; skip both or neither");
                    return Err(SuiteError::Usage(line));
                }
                if !ids.contains(need) {
                    ids.push(need);
                }
            }
        }
        if ids.is_empty() {
            return Err(SuiteError::Usage(
                "no case is left to run; --skip takes all of them away".to_owned(),
            ));
        }
        Ok(all.into_iter().filter(|case| ids.contains(&case.id)).collect())
    }
}

/// The name of a case or an area as the catalogue has it.
fn plain_name(name: &str) -> String {
    name.trim_end_matches("-*").to_ascii_uppercase()
}

/// Whether a name is that of a case, or of its area.
fn is_meant(case: &Case, name: &str) -> bool {
    case.id == name || case.id.split('-').next() == Some(name)
}
