//! The list of vendors. Adding one adds its folder and one line here.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::contract::model::chain::{EditionHead, read_heads};
use crate::contract::model::edition::{self, Edition};
use crate::contract::{Contract, ContractError, Options, Selector};
use crate::dialect::Dialect;
use crate::lazy::{LazyContract, LazyDialect, Spoken, keep_read, read_later};

/// The files and the dialect of a vendor.
pub(crate) struct Declared {
    /// The vendor's id, as in its contract.
    pub(crate) id: &'static str,
    /// The newest edition.
    pub(crate) newest: Edition,
    /// Older editions, as patches.
    pub(crate) older: &'static [Edition],
    /// Its ready-made scenarios, as TOML; empty if it has none.
    pub(crate) scenarios: &'static str,
    /// Makes its dialect.
    pub(crate) dialect: fn() -> Arc<dyn Dialect>,
}

/// Every vendor, in the order of the project's documents.
const DECLARED: &[Declared] = &[
    crate::apilaplas::DECLARED,
    crate::aimlapi::DECLARED,
    crate::gmicloud::DECLARED,
    crate::ai302::DECLARED,
];

/// One edition of a vendor. It is ready to be served; its contract is read when it is first asked for.
pub struct Vendor {
    /// What it promises.
    pub contract: LazyContract,
    /// How it speaks.
    pub dialect: LazyDialect,
    /// Whether this is the newest edition.
    pub newest: bool,
}

impl Clone for Vendor {
    fn clone(&self) -> Self {
        Self { contract: self.contract.share_source(), dialect: self.dialect.clone(), newest: self.newest }
    }
}

/// Pairs a contract with a dialect, which has to know every value of every option; the options are at their defaults.
fn speak(contract: Contract, dialect: &dyn Dialect) -> Result<Spoken, ContractError> {
    for (name, fact) in &contract.options {
        for value in &fact.values {
            let mut options = contract.default_options();
            let known = options.set(&contract, name, value).and_then(|()| dialect.for_options(&options));
            known.map_err(|why| incoherent(&contract, format!("option {name}: {why}")))?;
        }
    }
    let dialect = dialect.for_options(&contract.default_options());
    let dialect = dialect.map_err(|why| incoherent(&contract, why))?;
    Ok(Spoken { contract: Arc::new(contract), dialect })
}

impl Vendor {
    /// An edition that is read when it is first asked for.
    fn read_later(
        head: EditionHead,
        newest: bool,
        read: impl Fn() -> Result<Spoken, ContractError> + Send + Sync + 'static,
    ) -> Self {
        let (contract, dialect) = read_later(head, read);
        Self { contract, dialect, newest }
    }

    fn keep_read(spoken: Spoken, newest: bool) -> Self {
        let (contract, dialect) = keep_read(spoken);
        Self { contract, dialect, newest }
    }

    /// The same edition under other options: its contract patched where they patch it, its dialect made for them.
    ///
    /// # Errors
    ///
    /// If an option's patch does not fit, or the dialect does not know a value; a test tries them all.
    pub fn with_options(&self, options: &Options) -> Result<Self, ContractError> {
        Ok(Self::keep_read(self.speak_with(options)?, self.newest))
    }

    /// The same, made when it is first asked for. `choose` says which options there are, given the contract.
    ///
    /// For options that patch no contract: what does not fit would only be found out then.
    #[must_use]
    pub fn with_options_later(&self, choose: impl Fn(&Contract) -> Options + Send + Sync + 'static) -> Self {
        let base = self.clone();
        Self::read_later(self.contract.edition_head().clone(), self.newest, move || {
            base.speak_with(&choose(&base.contract))
        })
    }

    fn speak_with(&self, options: &Options) -> Result<Spoken, ContractError> {
        let patches = options.iter().any(|(name, value)| {
            self.contract.options.get(name).is_some_and(|fact| fact.patch.contains_key(value))
        });
        let contract =
            if patches { Arc::new(self.contract.with_options(options)?) } else { Arc::clone(&self.contract) };
        let dialect = self.dialect.for_options(options).map_err(|why| incoherent(&contract, why))?;
        Ok(Spoken { contract, dialect })
    }

    /// The vendor's id.
    pub fn id(&self) -> &str {
        self.contract.id()
    }

    /// Whether its contract has been read.
    pub fn is_read(&self) -> bool {
        self.contract.is_read()
    }
}

fn incoherent(contract: &Contract, what: String) -> ContractError {
    ContractError::Incoherent { file: contract.full_id(), what }
}

impl fmt::Debug for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Vendor").field(&self.contract.full_id()).finish()
    }
}

/// Every edition of every vendor; of each vendor the newest first. None of them is read yet.
///
/// # Errors
///
/// If the head of an embedded contract cannot be read; a test reads them all.
pub fn vendors() -> Result<&'static [Vendor], ContractError> {
    static LIST: OnceLock<Vec<Vendor>> = OnceLock::new();
    match LIST.get() {
        Some(list) => Ok(list),
        None => list_vendors().map(|list| &**LIST.get_or_init(|| list)),
    }
}

fn list_vendors() -> Result<Vec<Vendor>, ContractError> {
    let mut list = Vec::new();
    for declared in DECLARED {
        for (index, head) in read_heads(declared.newest, declared.older)?.into_iter().enumerate() {
            let day = head.edition.clone();
            list.push(Vendor::read_later(head, index == 0, move || {
                let contract = edition::load_edition(declared.newest, declared.older, &day)?;
                speak(contract, &*(declared.dialect)())
            }));
        }
    }
    Ok(list)
}

/// The ready-made scenarios of every vendor that has some: its id, and a text in TOML.
///
/// What it says is for whoever carries scenarios out; here it is text, kept with the vendor's other facts.
pub fn scenarios() -> impl Iterator<Item = (&'static str, &'static str)> {
    let told = DECLARED.iter().map(|declared| (declared.id, declared.scenarios));
    told.filter(|(_, text)| !text.is_empty())
}

/// The edition that `ID` or `ID@EDITION` means.
///
/// # Errors
///
/// Says which vendors or editions there are, if it means none of them.
pub fn vendor(selector: &str) -> Result<Vendor, String> {
    let all = vendors().map_err(|error| error.to_string())?;
    let id = selector.split_once('@').map_or(selector, |(id, _)| id);
    let editions: Vec<&Vendor> = all.iter().filter(|vendor| vendor.id() == id).collect();
    if editions.is_empty() {
        let mut ids: Vec<&str> = all.iter().map(Vendor::id).collect();
        ids.dedup();
        return Err(format!("there is no vendor `{id}`; there are {}", ids.join(", ")));
    }
    let known: Vec<&str> = editions.iter().map(|vendor| vendor.contract.edition()).collect();
    let known = format!("there are {}", known.join(", "));
    let wanted = Selector::parse(selector).map_err(|why| format!("{why}; {known}"))?;
    let found = editions
        .iter()
        .find(|vendor| wanted.admits(vendor.contract.edition()))
        .map(|vendor| (*vendor).clone());
    found.ok_or_else(|| format!("`{selector}` is before the first edition; {known}"))
}

/// The edition of a vendor that was in force on a day (`YYYY-MM-DD`, with a letter if need be); for days before
/// the first edition that one. `None` if there is no such vendor.
///
/// # Errors
///
/// If an embedded contract cannot be read; a test reads them all.
pub fn in_force(id: &str, day: &str) -> Result<Option<&'static Vendor>, ContractError> {
    let wanted = Selector { vendor: id.to_owned(), moment: Some(day.to_owned()) };
    let mut editions = vendors()?.iter().filter(|vendor| vendor.id() == id);
    let found = editions.clone().find(|vendor| wanted.admits(vendor.contract.edition()));
    Ok(found.or_else(|| editions.next_back()))
}

/// An edition of a vendor with a patch laid over it, as `--contract FILE` does: the newest, or that which the
/// patch names as `x-base`.
///
/// The patch names the vendor by its `id`.
///
/// # Errors
///
/// If the patch names no vendor, or makes no contract.
pub fn overlaid(file: &str, text: &str) -> Result<Vendor, ContractError> {
    let patch: toml::Table = text.parse().map_err(|error: toml::de::Error| ContractError::Syntax {
        file: file.to_owned(),
        message: error.to_string(),
    })?;
    let id = patch.get("id").and_then(toml::Value::as_str).unwrap_or_default();
    if let Some(declared) = DECLARED.iter().find(|declared| declared.id == id) {
        let contract = edition::overlay(declared.newest, declared.older, file, text)?;
        let spoken = speak(contract, &*(declared.dialect)())?;
        return Ok(Vendor::keep_read(spoken, true));
    }
    Err(ContractError::Incoherent {
        file: file.to_owned(),
        what: format!("`id` is `{id}`, which is no vendor's"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::contract::check::rules::Checker;
    use crate::dialect::{BalanceView, Exchange, JobView, UploadView};
    use crate::operation::Operation;
    use crate::phase::Phase;
    use crate::problem::Problem;
    use crate::time::UnixMillis;

    #[test]
    fn an_edition_that_cannot_be_is_refused_with_the_editions_that_there_are() {
        for moment in ["2020", "2020-01", "2025-13", "2025-02-31", "2025-00", ""] {
            for id in ["aimlapi", "gmicloud"] {
                let why = vendor(&format!("{id}@{moment}")).unwrap_err();
                let newest = &vendor(id).unwrap().contract.edition;
                assert!(why.contains(&format!("; there are {newest}")), "{id}@{moment}: {why}");
            }
        }
        let why = vendor("nobody@2025-13").unwrap_err();
        assert!(why.starts_with("there is no vendor `nobody`; there are apilaplas, "), "{why}");
    }

    #[test]
    fn the_head_of_an_edition_says_what_its_contract_says() {
        for vendor in vendors().unwrap() {
            assert_eq!(*vendor.contract.edition_head(), EditionHead::of(&vendor.contract), "{vendor:?}");
        }
    }

    #[test]
    fn listing_vendors_and_finding_an_edition_reads_no_contract() {
        // A list of its own: the other tests read those of the program's.
        let list = list_vendors().unwrap();
        assert!(list.iter().any(|vendor| vendor.id() == "aimlapi" && vendor.contract.edition() < "2026"));
        assert!(list.iter().all(|vendor| !vendor.contract.hosts().is_empty() && !vendor.is_read()));
    }

    #[test]
    fn a_dialect_knows_every_value_of_every_option_and_an_edition_with_another_does_not_load() {
        for vendor in vendors().unwrap() {
            for (name, fact) in &vendor.contract.options {
                for value in &fact.values {
                    let mut options = vendor.contract.default_options();
                    options.set(&vendor.contract, name, value).unwrap();
                    vendor.with_options(&options).unwrap_or_else(|why| panic!("{vendor:?}: {why}"));
                }
            }
        }
        let patch = "id = \"gmicloud\"\n[options.result_shape]\nvalues = [\"media_urls\", \"list\"]";
        let why = overlaid("patch.toml", patch).unwrap_err().to_string();
        let known =
            "option result_shape: unknown variant `list`, expected one of `media_urls`, `video_url`, `both`";
        assert!(why.contains(known), "{why}");
    }

    #[test]
    fn a_dialect_answers_every_operation_of_its_contract() {
        for vendor in vendors().unwrap() {
            let contract = &vendor.contract;
            let options = contract.default_options();
            let exchange = Exchange {
                contract,
                options: &options,
                method: "GET",
                target: "/",
                headers: &[],
                now: UnixMillis::default(),
                entropy: [0; 32],
            };
            let model = &contract.models[0];
            let job = JobView {
                id: "id",
                model,
                phase: Phase::Queued,
                submitted_at: UnixMillis::default(),
                started_at: None,
                ended_at: None,
                echo: &Value::Null,
                result: None,
                failure: None,
                price: None,
                account: [0; 16],
                tenant: None,
                entropy: [0; 32],
            };
            let upload =
                UploadView { upload_url: "https://a.example".into(), public_url: "https://b.example".into() };
            let dialect = &vendor.dialect;
            let unknown = dialect.problem(&exchange, &Problem::UnknownRoute { allowed: Vec::new() });
            for operation in contract.operations.keys() {
                let reply = match operation {
                    Operation::Submit => dialect.submitted(&exchange, &job),
                    Operation::Poll => dialect.job(&exchange, &job),
                    Operation::List => dialect.list(&exchange, &[]),
                    Operation::Cancel => dialect.cancelled(&exchange, &job),
                    Operation::Models => dialect.models(&exchange),
                    Operation::Model => dialect.model(&exchange, model),
                    Operation::Upload => dialect.upload(&exchange, &upload),
                    Operation::Balance => dialect.balance(&exchange, &BalanceView { left: 1.0 }),
                    Operation::Deprecations => dialect.deprecations(&exchange),
                };
                assert_ne!(reply, unknown, "{vendor:?} has the operation {operation}, its dialect does not");
            }
        }
    }

    #[test]
    fn every_embedded_contract_can_be_read_and_every_schema_compiles() {
        for vendor in vendors().unwrap() {
            let contract = &vendor.contract;
            for model in contract.models.values() {
                Checker::new(model.request.clone()).unwrap_or_else(|error| panic!("{}: {error}", model.id));
            }
            for (name, operation) in &contract.operations {
                let schemas = [Some(&operation.reply), operation.query.as_ref(), operation.request.as_ref()];
                for schema in schemas.into_iter().flatten() {
                    Checker::new(schema.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
                }
            }
            Checker::new(contract.problem_schema.clone()).unwrap();
        }
    }

    #[test]
    fn an_unknown_vendor_is_answered_with_those_there_are() {
        let error = vendor("nobody").unwrap_err();
        assert!(error.contains("there is no vendor `nobody`; there are "), "{error}");
    }
}
