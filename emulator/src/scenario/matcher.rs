//! The matcher of a scenario: which requests it affects.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use mockreel_contracts::{Operation, Selector};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::RequestFacts;
use super::glob::Glob;
use super::pattern::PromptPattern;
use crate::account;

/// Whom a scenario meets: every part that is there must fit.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "Match")]
pub struct Matcher {
    /// The vendor, as `ID` or `ID@EDITION`.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<VendorName>,
    /// The operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<RequestKind>,
    /// The vendor's id of the model; `*` stands for any characters.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Glob>,
    /// The key that names the account.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountName>,
    /// A regular expression that the prompt contains.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptPattern>,
    /// Members of the request's body, by JSON Pointer; numbers and texts that read the same are the same, and `null` means absent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<Pointer, Value>,
    /// Which of the requests that fit, counted for each account apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
    /// How likely it is to meet a request that fits, from 0 to 1, drawn from the seed.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1.0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<Probability>,
    /// With a probability: the most requests in a row that it meets, about the same job or of the same operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_a_row: Option<NonZeroU32>,
}

/// Which of the requests that fit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// Those with these numbers; the first is 1.
    Nth(Vec<u64>),
    /// The first so many, then never again.
    First(u64),
    /// Every so-manieth: with 2, the second, the fourth and so on.
    Every(std::num::NonZeroU64),
}

impl Calls {
    /// Whether the call of that number, which counts from 1, is one of them.
    pub fn contain(&self, number: u64) -> bool {
        match self {
            Self::Nth(numbers) => numbers.contains(&number),
            Self::First(count) => number <= *count,
            Self::Every(step) => number.is_multiple_of(step.get()),
        }
    }
}

impl Matcher {
    /// Whether a request fits, apart from its number and its luck.
    pub(super) fn fits(&self, request: &RequestFacts<'_>) -> bool {
        self.first_misfit(request).is_none()
    }

    /// The name of the first part that a request does not fit.
    pub(crate) fn first_misfit(&self, request: &RequestFacts<'_>) -> Option<&'static str> {
        let (model, prompt) = (request.model, request.prompt);
        if !self.admits_vendor(request.vendor, request.edition) {
            return Some("vendor");
        }
        if self.operation.is_some_and(|kind| kind != request.operation) {
            return Some("operation");
        }
        if self.model.as_ref().is_some_and(|wanted| model.is_none_or(|id| !wanted.fits(id))) {
            return Some("model");
        }
        if self.account.as_ref().is_some_and(|wanted| *wanted.0 != *request.account) {
            return Some("account");
        }
        if self.prompt.as_ref().is_some_and(|wanted| prompt.is_none_or(|text| !wanted.fits(text))) {
            return Some("prompt");
        }
        let fits = |(pointer, wanted): (&Pointer, &Value)| is_same(request.body.pointer(&pointer.0), wanted);
        (!self.members.iter().all(fits)).then_some("members")
    }

    /// Whether it may meet requests to an edition of a vendor.
    pub(crate) fn admits_vendor(&self, vendor: &str, edition: &str) -> bool {
        self.vendor.as_ref().is_none_or(|wanted| wanted.0.vendor == vendor && wanted.0.admits(edition))
    }

    /// Whether nothing is said about whom it meets.
    pub(super) fn matches_everything(&self) -> bool {
        let Self { vendor, operation, model, account, prompt, members, calls, probability, in_a_row } = self;
        let unsaid = vendor.is_none() && operation.is_none() && model.is_none() && account.is_none();
        unsaid
            && prompt.is_none()
            && members.is_empty()
            && calls.is_none()
            && probability.is_none()
            && in_a_row.is_none()
    }

    /// Whether it has to be counted which request it is.
    pub(super) fn counts(&self) -> bool {
        self.calls.is_some() || self.probability.is_some()
    }
}

/// Whether a member is what is wanted. In a form everything is text, so numbers and their texts are the same.
fn is_same(value: Option<&Value>, wanted: &Value) -> bool {
    let value = value.unwrap_or(&Value::Null);
    value == wanted || scalar(value).is_some_and(|value| Some(value) == scalar(wanted))
}

fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A text that is read into something better, so that a mistake is told where it stands.
macro_rules! read_from_text {
    ($name:ident, $read:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let read: fn(&str) -> Result<$name, String> = $read;
                read(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A vendor, or some editions of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorName(pub(super) Selector);

impl fmt::Display for VendorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for VendorName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

read_from_text!(VendorName, |text| {
    mockreel_contracts::vendor(text)?;
    Selector::parse(text).map(VendorName)
});

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// An operation of the vendor's API.
    Operation(Operation),
    /// The file at the address of a result.
    Download,
}

impl RequestKind {
    /// Every name, in the order of messages and schemas.
    pub(crate) fn names() -> impl DoubleEndedIterator<Item = &'static str> + Clone {
        let operations = Operation::ALL.into_iter().map(Self::Operation);
        operations.chain([Self::Download]).map(Self::as_str)
    }

    /// Its name in scenarios and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.as_str(),
            Self::Download => "result",
        }
    }

    /// The kind of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name == Self::Download.as_str() {
            return Some(Self::Download);
        }
        name.parse().ok().map(Self::Operation)
    }
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for RequestKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

read_from_text!(RequestKind, |text| {
    RequestKind::named(text).ok_or_else(|| {
        let known: Vec<&str> = RequestKind::names().collect();
        format!("there is no operation `{text}`; there are {}", known.join(", "))
    })
});

impl JsonSchema for RequestKind {
    fn schema_name() -> Cow<'static, str> {
        "Operation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = RequestKind::names().collect();
        json_schema!({"type": "string", "enum": names})
    }
}

/// An account, by the digest of its key, which is also how it is told: keys are kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountName(Arc<str>);

impl AccountName {
    /// The account of a key.
    pub fn of(key: &str) -> Self {
        Self(account::digest(key))
    }

    pub(crate) fn digest(&self) -> &str {
        &self.0
    }
}

impl Serialize for AccountName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

read_from_text!(AccountName, |key| Ok(AccountName::of(key)));

/// A JSON Pointer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Pointer(pub(crate) String);

read_from_text!(Pointer, |text| {
    if text.starts_with('/') {
        Ok(Pointer(text.to_owned()))
    } else {
        Err(format!("`{text}` is no JSON Pointer: expected one such as /payload/duration"))
    }
});

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Probability(pub(super) f64);

impl<'de> Deserialize<'de> for Probability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if (0.0..=1.0).contains(&number) {
            Ok(Self(number))
        } else {
            let message = format!("{number} is no probability: expected a number from 0 to 1");
            Err(serde::de::Error::custom(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fits(meets: &Value, request: &RequestFacts<'_>) -> bool {
        serde_json::from_value::<Matcher>(meets.clone()).unwrap().fits(request)
    }

    #[test]
    fn every_part_that_is_there_must_fit() {
        let vendor = &mockreel_contracts::vendors().unwrap()[0];
        let account = account::digest("a key");
        let body = json!({"duration": "10", "deep": {"cfg": 0.5, "list": [1, 2]}});
        let request = RequestFacts {
            vendor: vendor.id(),
            edition: &vendor.contract.edition,
            operation: RequestKind::Operation(Operation::Submit),
            model: Some("kling-v1.6/standard"),
            account: &account,
            prompt: Some("a cat in the snow"),
            body: &body,
            subject: "",
        };
        for meets in [
            json!({}),
            json!({"vendor": vendor.id()}),
            json!({"vendor": vendor.contract.full_id()}),
            json!({"operation": "submit"}),
            json!({"model": "kling-*"}),
            json!({"model": "*v1.6*"}),
            json!({"model": "kling-v1.6/standard"}),
            json!({"account": "a key"}),
            json!({"prompt": "cat.*snow"}),
            json!({"members": {"/duration": 10}}),
            json!({"members": {"/duration": "10", "/deep/cfg": "0.5", "/deep/list": [1, 2], "/absent": null}}),
        ] {
            assert!(fits(&meets, &request), "{meets}");
        }
        for meets in [
            json!({"operation": "poll"}),
            json!({"model": "Kling-*"}),
            json!({"model": "kling-v1.6"}),
            json!({"model": "*v1.6"}),
            json!({"account": "another key"}),
            json!({"prompt": "^snow"}),
            json!({"members": {"/duration": 5}}),
            json!({"members": {"/duration": null}}),
            json!({"members": {"/absent": 1}}),
            json!({"operation": "submit", "model": "x"}),
        ] {
            assert!(!fits(&meets, &request), "{meets}");
        }
        let unread = RequestFacts { model: None, prompt: None, ..request };
        assert!(!fits(&json!({"model": "*"}), &unread) && !fits(&json!({"prompt": ""}), &unread));
    }

    #[test]
    fn calls_are_numbered_from_one() {
        let among = |calls: Value| {
            let calls: Calls = serde_json::from_value(calls).unwrap();
            (1..=6).filter(|number| calls.contain(*number)).collect::<Vec<u64>>()
        };
        assert_eq!(among(json!({"nth": [1, 3]})), [1, 3]);
        assert_eq!(among(json!({"first": 2})), [1, 2]);
        assert_eq!(among(json!({"every": 3})), [3, 6]);
        assert!(serde_json::from_value::<Calls>(json!({"every": 0})).is_err());
    }

    #[test]
    fn a_mistake_is_answered_with_what_was_expected() {
        for (meets, said) in [
            (json!({"vendor": "nobody"}), "there is no vendor `nobody`; there are"),
            (json!({"operation": "explode"}), "there is no operation `explode`; there are submit"),
            (json!({"prompt": "("}), "is no regular expression"),
            (json!({"members": {"duration": 1}}), "is no JSON Pointer"),
            (json!({"probability": 2}), "expected a number from 0 to 1"),
            (json!({"calls": {"sometimes": 1}}), "unknown variant `sometimes`"),
            (json!({"vender": "x"}), "unknown field `vender`"),
        ] {
            let error = serde_json::from_value::<Matcher>(meets.clone()).unwrap_err().to_string();
            assert!(error.contains(said), "{meets}: {error}");
        }
    }
}
