//! Reading contracts: the newest edition, and patches that turn it into older ones.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::contract::check::cross_field::CrossFieldRules;
use crate::contract::check::rules::{Checker, UTF16_KEYWORD, compiled};
use crate::contract::check::schema;
use crate::contract::model::Contract;
use crate::contract::model::chain::{Chains, read_heads};
use crate::contract::model::lengths::LengthUnit;
use crate::contract::model::validate::{check_coherence, check_images, check_roles, check_sources};
use crate::contract::model::vocabulary::check_vocabulary;
use crate::contract::{ContractError, Options};

/// The files of one vendor, embedded in the program.
#[derive(Clone, Copy, Debug)]
pub struct Edition {
    /// Name of the file, for messages.
    pub file: &'static str,
    /// The newest edition whole, or an older one as a patch.
    pub text: &'static str,
}

/// Which edition of a vendor is meant: `ID`, `ID@2025-07`, `ID@2025-07-24`, `ID@2025-07-24b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The vendor's id.
    pub vendor: String,
    /// A month, a day, or a day with a letter; `None` means the newest.
    pub moment: Option<String>,
}

impl Selector {
    /// Reads `ID` or `ID@EDITION`.
    ///
    /// # Errors
    ///
    /// If the moment is no month or day.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((vendor, moment)) = text.split_once('@') else {
            return Ok(Self { vendor: text.to_owned(), moment: None });
        };
        let digits =
            |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<&str> = moment.split('-').collect();
        let day = match parts.as_slice() {
            [year, month] if digits(year, 4) && digits(month, 2) => Some(format!("{year}-{month}-01")),
            [year, month, day] if digits(year, 4) && digits(month, 2) => {
                let day = day.strip_suffix(|letter: char| letter.is_ascii_lowercase()).unwrap_or(day);
                digits(day, 2).then(|| format!("{year}-{month}-{day}"))
            }
            _ => None,
        };
        if day.is_none_or(|day| day.parse::<jiff::civil::Date>().is_err()) {
            return Err(format!(
                "`{moment}` names no edition: expected a month or a day of the calendar, YYYY-MM or YYYY-MM-DD, \
                 as in `{vendor}@2025-07`"
            ));
        }
        Ok(Self { vendor: vendor.to_owned(), moment: Some(moment.to_owned()) })
    }

    /// Whether an edition of that name had taken effect at the end of the moment.
    pub fn admits(&self, edition: &str) -> bool {
        self.moment.as_deref().is_none_or(|moment| edition <= moment || edition.starts_with(moment))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.vendor)?;
        self.moment.as_ref().map_or(Ok(()), |moment| write!(f, "@{moment}"))
    }
}

/// Reads one edition of a vendor: the newest, with the patches over it that lead there.
///
/// A patch states its `edition` and, if it does not start from the newest, the edition it patches as `x-base`.
///
/// # Errors
///
/// The first file on the way that is no contract.
pub fn load_edition(base: Edition, patches: &[Edition], day: &str) -> Result<Contract, ContractError> {
    finish(Chains::read(base, patches)?.table(day)?, &format!("{} ({day})", base.file))
}

/// Reads every edition of a vendor, newest first.
///
/// # Errors
///
/// The first file that is no contract.
pub fn load(base: Edition, patches: &[Edition]) -> Result<Vec<Contract>, ContractError> {
    let heads = read_heads(base, patches)?;
    heads.iter().map(|head| load_edition(base, patches, &head.edition)).collect()
}

/// Lays a patch over an edition of a vendor, as `--contract FILE` does: over that which it names as `x-base`,
/// else over the newest.
///
/// # Errors
///
/// If the patch, or what it makes of the contract, is no contract, or if there is no such edition.
pub fn overlay(
    base: Edition,
    patches: &[Edition],
    file: &str,
    text: &str,
) -> Result<Contract, ContractError> {
    let mut patch: toml::Table = text.parse().map_err(|error: toml::de::Error| syntax(file, &error))?;
    let mut start = match patch.remove("x-base") {
        None => table(base)?,
        Some(wanted) => {
            let chains = Chains::read(base, patches)?;
            let days = chains.days();
            let Some(day) = days.iter().find(|day| wanted.as_str() == Some(day)) else {
                let what = format!("`x-base` is {wanted}: expected an edition, one of {}", days.join(", "));
                return Err(ContractError::Incoherent { file: file.to_owned(), what });
            };
            chains.table(day)?
        }
    };
    let schemas = patch.get("schemas").and_then(toml::Value::as_table);
    let named: Vec<String> = schemas.into_iter().flat_map(toml::Table::keys).cloned().collect();
    merge(&mut start, patch);
    let contract = finish(start, file)?;
    // Those that are built in keep to it by a test.
    check_vocabulary(&contract, &named)
        .map_err(|what| ContractError::Incoherent { file: file.to_owned(), what })?;
    Ok(contract)
}

pub(super) fn table(edition: Edition) -> Result<toml::Table, ContractError> {
    edition.text.parse().map_err(|error: toml::de::Error| syntax(edition.file, &error))
}

pub(super) fn syntax(file: &str, error: &toml::de::Error) -> ContractError {
    ContractError::Syntax { file: file.to_owned(), message: error.to_string().trim_end().to_owned() }
}

/// Lays a patch over a table: tables merge, everything else replaces, and `x-remove` lists keys to delete.
///
/// A table with `x-replace = true` replaces its counterpart whole.
pub fn merge(target: &mut toml::Table, patch: toml::Table) {
    for (key, value) in patch {
        if key == "x-remove" {
            for name in value.as_array().into_iter().flatten().filter_map(toml::Value::as_str) {
                target.remove(name);
            }
            continue;
        }
        match (target.get_mut(&key), value) {
            (Some(toml::Value::Table(held)), toml::Value::Table(mut inner)) => {
                if inner.remove("x-replace").is_some() {
                    *held = inner;
                } else {
                    merge(held, inner);
                }
            }
            (_, toml::Value::Table(mut inner)) => {
                inner.remove("x-replace");
                target.insert(key, toml::Value::Table(inner));
            }
            (_, value) => {
                target.insert(key, value);
            }
        }
    }
}

/// Turns a merged table into a contract: references resolved, citations and schemas checked.
fn finish(table: toml::Table, file: &str) -> Result<Contract, ContractError> {
    check_sources(&table, file)?;
    let mut contract = Contract::deserialize(table.clone()).map_err(|error| syntax(file, &error))?;
    contract.table = table;
    let incoherent = |what: String| ContractError::Incoherent { file: file.to_owned(), what };
    let defs = contract.schemas.clone();
    let resolved = |schema: &Value| schema::resolve(schema, &defs);
    for (id, model) in &mut contract.models {
        model.id.clone_from(id);
        model.request = resolved(&model.request).map_err(|what| incoherent(format!("model {id}: {what}")))?;
        check_images(&model.request).map_err(|what| incoherent(format!("model {id}: {what}")))?;
        check_roles(&model.request).map_err(|what| incoherent(format!("model {id}: {what}")))?;
        if contract.lengths.as_ref().is_some_and(|lengths| lengths.unit == LengthUnit::Utf16) {
            count_utf16(&mut model.request);
        }
        let rules = CrossFieldRules::of(&model.request);
        model.cross_field = rules.map_err(|what| incoherent(format!("model {id}: {what}")))?.into();
        if !model.about.is_empty() && model.about_source.is_none() {
            return Err(incoherent(format!("model {id}: `about` needs an `about_source`")));
        }
    }
    for (name, operation) in &mut contract.operations {
        let schemas = [Some(&mut operation.reply), operation.query.as_mut(), operation.request.as_mut()];
        for schema in schemas.into_iter().flatten() {
            *schema = resolved(schema).map_err(|what| incoherent(format!("operation {name}: {what}")))?;
            check_roles(schema).map_err(|what| incoherent(format!("operation {name}: {what}")))?;
        }
    }
    contract.problem_schema = resolved(&contract.problem_schema).map_err(incoherent)?;
    check_coherence(&contract).map_err(incoherent)?;
    Ok(contract)
}

/// Marks every limit of a length as one of units of UTF-16.
fn count_utf16(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("maxLength").is_some_and(Value::is_u64) {
                members.insert(UTF16_KEYWORD.to_owned(), true.into());
            }
            members.values_mut().for_each(count_utf16);
        }
        Value::Array(items) => items.iter_mut().for_each(count_utf16),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Contract {
    /// The checker of a model's requests; compiled when first needed.
    pub fn request_checker<'a>(&self, model: &'a crate::contract::Model) -> &'a Checker {
        compiled(&model.checker, &model.request)
    }

    /// The contract as the chosen options leave it. Without a patch among them it is this one.
    ///
    /// # Errors
    ///
    /// If an option's patch does not fit; a test tries every value of every option.
    pub fn with_options(&self, options: &Options) -> Result<Self, ContractError> {
        let mut table = self.table.clone();
        for (name, value) in options.iter() {
            if let Some(patch) = self.options.get(name).and_then(|fact| fact.patch.get(value)) {
                merge(&mut table, patch.clone());
            }
        }
        finish(table, &self.full_id())
    }

    /// The options at their defaults.
    pub fn default_options(&self) -> Options {
        Options::defaults(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_means_the_newest_edition_at_the_end_of_its_moment() {
        let month = Selector::parse("v@2025-07").unwrap();
        assert!(month.admits("2025-07-24") && month.admits("2025-05-08") && !month.admits("2025-08-19"));
        let day = Selector::parse("v@2025-07-24").unwrap();
        assert!(day.admits("2025-07-24") && day.admits("2025-07-24b") && !day.admits("2025-07-25"));
        assert!(Selector::parse("v@2025").is_err());
        assert!(Selector::parse("v@yesterday").is_err());
        assert!(Selector::parse("v@2024-02-29").unwrap().admits("2024-02-29"));
        assert!(Selector::parse("v").unwrap().admits("2099-01-01"));
    }

    #[test]
    fn a_month_or_a_day_that_never_was_names_no_edition() {
        for never in [
            "2025-13",
            "2025-00",
            "2025-02-31",
            "2025-02-29",
            "2025-04-31",
            "2025-07-00",
            "2025-07-32b",
            "2025-13-01",
            "2025-7",
            "2025-07-2",
            "2025-07-24B",
            "2025-07-24bb",
            "2025-07-",
            "20250724",
            "+025-07",
            "",
        ] {
            let why = Selector::parse(&format!("v@{never}")).unwrap_err();
            assert!(
                why.starts_with(&format!("`{never}` names no edition: expected a month or a day")),
                "{why}"
            );
        }
    }

    #[test]
    fn a_patch_merges_removes_and_replaces() {
        let mut target: toml::Table = "a = 1\n[t]\nx = 1\ny = 2\n[r]\nold = 1".parse().unwrap();
        let patch = "a = 2\n[t]\nx-remove = [\"x\"]\nz = 3\n[r]\nx-replace = true\nnew = 1".parse().unwrap();
        merge(&mut target, patch);
        let wanted: toml::Table = "a = 2\n[t]\ny = 2\nz = 3\n[r]\nnew = 1".parse().unwrap();
        assert_eq!(target, wanted);
    }
}
