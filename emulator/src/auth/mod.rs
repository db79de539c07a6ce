//! Authentication: the keys that a vendor knows, and what each may do.
//!
//! Without rules every key is good. As soon as a rule names a key for a vendor, that vendor knows no others,
//! but for the reserved ones. The text of a key is turned into its digest as it is read.

pub mod account;

use std::collections::BTreeSet;

use mockreel_contracts::problem::KeyFault;
use mockreel_contracts::{Credential, Problem, ids};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::{AccountName, Glob};

/// What a vendor knows of a key.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KeyRule {
    /// The key. Only its digest is kept.
    #[schemars(with = "Option<String>")]
    pub key: Option<AccountName>,
    /// The name of an environment variable that holds the key.
    pub key_env: Option<String>,
    /// The vendor; every vendor, if nothing is said.
    pub vendor: Option<String>,
    /// Whether it may be used.
    pub state: KeyState,
    /// The organisation that it belongs to, a UUID, where the vendor knows organisations.
    pub organization: Option<String>,
    /// The models that it may use, `*` standing for any characters; all, if none are named.
    #[schemars(with = "Vec<String>")]
    pub models: Vec<Glob>,
    /// The models that it may not use.
    #[schemars(with = "Vec<String>")]
    pub lacks: Vec<Glob>,
}

/// Whether a key may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It may.
    #[default]
    Good,
    /// The vendor has never heard of it.
    Unknown,
    /// It was switched off.
    Disabled,
}

impl KeyRule {
    /// A rule for a key that may do everything.
    pub fn good(key: &str) -> Self {
        Self { key: Some(AccountName::of(key)), ..Self::default() }
    }

    /// The same rule with the key that its environment variable holds.
    ///
    /// # Errors
    ///
    /// If the variable is named and not set.
    pub fn resolved(mut self, read: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let Some(name) = self.key_env.take() else { return Ok(self) };
        if self.key.is_some() {
            return Err("a key has both `key` and `key_env`: keep one of them".to_owned());
        }
        let key = read(&name).filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| format!("`key_env` names {name}, which is not set"))?;
        self.key = Some(AccountName::of(&key));
        Ok(self)
    }

    fn is_of(&self, vendor: &str) -> bool {
        self.vendor.as_deref().is_none_or(|named| named == vendor)
    }

    fn entitles(&self, model: &str) -> bool {
        let named = |globs: &[Glob]| globs.iter().any(|glob| glob.fits(model));
        (self.models.is_empty() || named(&self.models)) && !named(&self.lacks)
    }
}

/// Every rule, sound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keyring(Vec<KeyRule>);

impl Keyring {
    /// Rules that fit together and the vendors that are served.
    pub(crate) fn new(rules: &[KeyRule], served: &[&str]) -> Result<Self, String> {
        let mut seen = BTreeSet::new();
        for (index, rule) in rules.iter().enumerate() {
            let place = format!("key {}", index + 1);
            let key = match (&rule.key, &rule.key_env) {
                (Some(key), None) => key,
                (None, Some(name)) => return Err(format!("{place}: nobody has read `key_env` {name}")),
                (Some(_), Some(_)) => return Err(format!("{place}: keep one of `key` and `key_env`")),
                (None, None) => return Err(format!("{place}: name it by `key` or `key_env`")),
            };
            if *key == AccountName::of("") {
                return Err(format!("{place}: `key` is empty"));
            }
            if let Some(vendor) = rule.vendor.as_deref().filter(|vendor| !served.contains(vendor)) {
                return Err(format!("{place}: `{vendor}` is not served; there are {}", served.join(", ")));
            }
            if let Some(text) = rule.organization.as_deref().filter(|text| !ids::is_uuid(text)) {
                return Err(format!("{place}: `organization` is `{text}`: expected a UUID"));
            }
            if !seen.insert((key.digest().to_owned(), rule.vendor.clone())) {
                return Err(format!("{place} is the same key as one before it, for the same vendor"));
            }
        }
        Ok(Self(rules.to_vec()))
    }

    /// The rule for a key; what names the vendor wins over what names none.
    fn rule(&self, vendor: &str, digest: &str) -> Option<&KeyRule> {
        let own = self
            .0
            .iter()
            .filter(|rule| rule.is_of(vendor) && rule.key.as_ref().is_some_and(|key| key.digest() == digest));
        own.max_by_key(|rule| rule.vendor.is_some())
    }

    /// Authenticates a credential, and puts it into its organisation.
    pub(crate) fn authenticate(&self, vendor: &str, credential: Credential) -> Result<Credential, Problem> {
        let known = self.0.iter().any(|rule| rule.is_of(vendor));
        if !known || account::is_broke(&credential.key) {
            return Ok(credential);
        }
        let unauthorized = |fault| Err(Problem::Unauthorized(fault));
        let Some(rule) = self.rule(vendor, &account::digest(&credential.key)) else {
            return unauthorized(KeyFault::Unknown);
        };
        match rule.state {
            KeyState::Good => {}
            KeyState::Unknown => return unauthorized(KeyFault::Unknown),
            KeyState::Disabled => return unauthorized(KeyFault::Disabled),
        }
        let Some(own) = rule.organization.as_ref().map(|text| text.to_lowercase()) else {
            return Ok(credential);
        };
        match &credential.tenant {
            Some(asked) if *asked != own => Err(Problem::Forbidden),
            Some(_) | None => Ok(Credential { tenant: Some(own), ..credential }),
        }
    }

    /// Whether a key that was let in may use a model.
    pub(crate) fn entitles(&self, vendor: &str, key: &str, model: &str) -> bool {
        self.0.is_empty() || self.rule(vendor, &account::digest(key)).is_none_or(|rule| rule.entitles(model))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ring(rules: serde_json::Value) -> Result<Keyring, String> {
        let rules: Vec<KeyRule> = serde_json::from_value(rules).map_err(|error| error.to_string())?;
        Keyring::new(&rules, &["a", "b"])
    }

    fn asked(
        ring: &Keyring,
        vendor: &str,
        key: &str,
        tenant: Option<&str>,
    ) -> Result<Option<String>, &'static str> {
        let credential = Credential { key: key.to_owned(), tenant: tenant.map(str::to_owned) };
        match ring.authenticate(vendor, credential) {
            Ok(credential) => Ok(credential.tenant),
            Err(problem) => Err(problem.variant().unwrap_or(problem.name())),
        }
    }

    const ORGANISATION: &str = "5a7a5466-7948-47d8-8578-cff4b9581feb";

    #[test]
    fn a_vendor_with_rules_knows_no_other_keys_and_the_others_know_all() {
        let ring =
            ring(json!([{"key": "good", "vendor": "a"}, {"key": "off", "vendor": "a", "state": "disabled"}]));
        let ring = ring.unwrap();
        assert_eq!(asked(&ring, "a", "good", None), Ok(None));
        assert_eq!(asked(&ring, "a", "off", None), Err("disabled"));
        assert_eq!(asked(&ring, "a", "other", None), Err("unknown"));
        assert_eq!(asked(&ring, "a", "mock-broke-1", None), Ok(None));
        assert_eq!(asked(&ring, "b", "other", None), Ok(None));
    }

    #[test]
    fn a_key_belongs_to_its_organisation_and_to_no_other() {
        let ring = ring(json!([{"key": "k", "organization": ORGANISATION.to_uppercase()}])).unwrap();
        let own = Ok(Some(ORGANISATION.to_owned()));
        assert_eq!(asked(&ring, "a", "k", None), own);
        assert_eq!(asked(&ring, "a", "k", Some(ORGANISATION)), own);
        let other = ORGANISATION.replace('5', "6");
        assert_eq!(asked(&ring, "a", "k", Some(&other)), Err("forbidden"));
    }

    #[test]
    fn models_are_allowed_by_name_and_taken_away_by_name() {
        let ring = ring(json!([
            {"key": "some", "models": ["v1*"], "lacks": ["*pro"]},
            {"key": "some", "vendor": "b"},
        ]));
        let ring = ring.unwrap();
        let told: Vec<bool> =
            ["v1", "v1-std", "v1-pro", "v2"].iter().map(|model| ring.entitles("a", "some", model)).collect();
        assert_eq!(told, [true, true, false, false]);
        assert!(ring.entitles("b", "some", "v2"), "what names the vendor wins");
    }

    #[test]
    fn what_does_not_fit_is_told_and_keys_are_not() {
        for (rules, said) in [
            (json!([{}]), "name it by `key` or `key_env`"),
            (json!([{"key": "s3cret", "key_env": "X"}]), "keep one of"),
            (json!([{"key_env": "X"}]), "nobody has read"),
            (json!([{"key": "s3cret", "vendor": "c"}]), "`c` is not served; there are a, b"),
            (json!([{"key": "s3cret", "organization": "acme"}]), "expected a UUID"),
            (json!([{"key": "s3cret"}, {"key": "s3cret"}]), "the same key"),
            (json!([{"key": "s3cret", "kind": "x"}]), "unknown field `kind`"),
        ] {
            let why = ring(rules.clone()).unwrap_err();
            assert!(why.contains(said) && !why.contains("s3cret"), "{rules}: {why}");
        }
        let rule = KeyRule { key_env: Some("K".to_owned()), ..KeyRule::default() };
        assert!(rule.clone().resolved(|_| None).unwrap_err().contains("K, which is not set"));
        let rule = rule.resolved(|name| (name == "K").then(|| "s3cret".to_owned())).unwrap();
        assert!(!format!("{rule:?}").contains("s3cret"));
        assert_eq!(rule.key, Some(AccountName::of("s3cret")));
    }
}
