//! Doubts about scenarios: what can be read, and yet may meet nothing where some vendors are served.

use mockreel_contracts::Contract;
use mockreel_contracts::lazy::LazyContract;
use serde_json::Value;

use super::{Calls, Point, RequestKind, Scenario, Then, suggest_name};

/// How many names a doubt lists.
const LISTED: usize = 12;

impl Scenario {
    /// Why it can meet no request of an account to a vendor, whatever the request is.
    pub(crate) fn find_why_never(&self, contract: &Contract, account: &str) -> Option<String> {
        let (matcher, vendor) = (&self.matcher, &contract.id);
        if matcher.account.as_ref().is_some_and(|wanted| wanted.digest() != account) {
            return Some("the `account` of its `match` is another one than that of this key".to_owned());
        }
        if let Some(RequestKind::Operation(operation)) = matcher.operation
            && !contract.operations.contains_key(&operation)
        {
            return Some(format!("{vendor} has no operation `{operation}`"));
        }
        if let Some(wanted) =
            matcher.model.as_ref().filter(|wanted| !contract.models.keys().any(|id| wanted.fits(id)))
        {
            return Some(format!("{vendor} has no model `{wanted}`"));
        }
        let points: Vec<Point> = self.then.iter().flat_map(Then::list_points).collect();
        let is_about_callbacks = !points.is_empty() && points.iter().all(|point| *point == Point::Callback);
        (is_about_callbacks && contract.callbacks.is_none())
            .then(|| format!("it is about callbacks, and {vendor} sends none"))
    }

    /// Lists what is suspicious in it, where these contracts are served: it can be read, and yet may meet nothing.
    ///
    /// Of the contracts only those are read that it may meet, and only as far as it speaks of what they have.
    pub fn list_doubts(&self, served: &[&LazyContract]) -> Vec<String> {
        let mut doubts = Vec::new();
        let shown = serde_json::to_value(&self.then).unwrap_or_default();
        let is_empty = |then: &Value| {
            then.as_object().is_some_and(|points| {
                points.values().all(|effect| effect.as_object().is_some_and(serde_json::Map::is_empty))
            })
        };
        if shown.as_array().is_some_and(|all| all.iter().all(is_empty)) {
            let points = "job, answer, wire, result or callback";
            doubts.push(format!("`then` says nothing: expected an effect on {points}"));
        }
        if self.matcher.probability.is_some_and(|likely| likely.0 == 0.0) {
            doubts.push("`probability` is 0: it meets no request".to_owned());
        }
        if self.matcher.calls == Some(Calls::First(0)) {
            doubts.push("`calls.first` is 0: it meets no request".to_owned());
        }
        let admits =
            |contract: &&&LazyContract| self.matcher.admits_vendor(contract.id(), contract.edition());
        let meant: Vec<&LazyContract> = served.iter().filter(admits).copied().collect();
        if let (Some(vendor), true) = (&self.matcher.vendor, meant.is_empty()) {
            doubts.push(format!("`vendor` is {vendor}, which is not served here"));
            return doubts;
        }
        if let Some(RequestKind::Operation(operation)) = self.matcher.operation
            && !meant.iter().any(|contract| contract.operations.contains_key(&operation))
        {
            doubts.push(format!("`operation` is {operation}, which no vendor has that is served here"));
        }
        let has_callbacks = |contract: &&LazyContract| contract.callbacks.is_some();
        let is_about_callbacks = self.then.iter().any(|then| then.callback.is_some());
        if is_about_callbacks && !meant.is_empty() && !meant.iter().any(has_callbacks) {
            doubts.push("`callback` is ordered, and no vendor that it may meet sends callbacks".to_owned());
        }
        doubts.extend(self.doubt_model(&meant));
        doubts.extend(self.doubt_options(&meant));
        doubts
    }

    /// Doubts a model that none of the vendors meant has.
    fn doubt_model(&self, meant: &[&LazyContract]) -> Option<String> {
        let wanted = self.matcher.model.as_ref()?;
        let mut known: Vec<&str> =
            meant.iter().flat_map(|contract| contract.models.keys()).map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        if known.iter().any(|id| wanted.fits(id)) {
            return None;
        }
        let wanted = wanted.to_string();
        let near = suggest_name(&wanted, known.iter().copied());
        let more = known.len().saturating_sub(LISTED);
        known.truncate(LISTED);
        let listed = if near.is_empty() {
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("; there are {}{more}", known.join(", "))
        } else {
            near
        };
        Some(format!("`model` is `{wanted}`, which no vendor has that it may meet{listed}"))
    }

    /// Doubts an option that none of the vendors meant has with that value.
    fn doubt_options(&self, meant: &[&LazyContract]) -> Option<String> {
        let answers = self.then.iter().filter_map(|then| then.answer.as_ref());
        answers.flat_map(|answer| &answer.options).find_map(|(name, value)| {
            let takes =
                |contract: &&&LazyContract| contract.default_options().set(contract, name, value).is_ok();
            meant.iter().find(takes).is_none().then(|| {
                format!("no vendor that it may meet has the option `{name}` with the value `{value}`")
            })
        })
    }
}
