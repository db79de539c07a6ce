//! The feed of models that go: its order and its filters.

use serde_json::{Value, json};

use crate::contract::model::deprecation::Deprecation;
use crate::dialect::Exchange;

/// The feed for a request. Filters that say nothing are passed over, as the page promises.
pub(super) fn feed(exchange: &Exchange<'_>) -> Value {
    let filter = FeedFilter::read(exchange);
    let mut entries: Vec<&Deprecation> =
        exchange.contract.deprecations.iter().filter(|entry| filter.admits(entry)).collect();
    entries.sort_by(|left, right| latest(right).cmp(&latest(left)).then_with(|| left.id.cmp(&right.id)));
    let data: Vec<Value> = entries
        .iter()
        .map(|entry| {
            json!({
                "id": entry.id,
                "aliases": entry.aliases,
                "status": entry.status,
                "deprecated_at": entry.deprecated_at,
                "shutdown_at": entry.shutdown_at,
                "replaced_by": entry.replaced_by,
                "reason": entry.reason,
            })
        })
        .collect();
    json!({"object": "list", "generated_at": exchange.now.rfc3339(), "data": data})
}

/// The words for what has become of a model.
const STATES: [&str; 3] = ["deprecated", "superseded", "withdrawn"];

/// What a request asks of the feed.
struct FeedFilter {
    /// Words for states, in lower case; empty if any will do.
    states: Vec<String>,
    /// The first day.
    since: Option<String>,
}

impl FeedFilter {
    fn read(exchange: &Exchange<'_>) -> Self {
        let query = exchange.target.split_once('?').map_or("", |(_, query)| query);
        let known = |word: &String| STATES.contains(&word.as_str());
        let (mut states, mut since) = (Vec::new(), None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "status" => {
                    let words = value.split(',').map(|word| word.trim().to_ascii_lowercase());
                    states.extend(words.filter(known));
                }
                "since" if value.parse::<jiff::civil::Date>().is_ok() => since = Some(value.into_owned()),
                _ => {}
            }
        }
        Self { states, since }
    }

    fn admits(&self, entry: &Deprecation) -> bool {
        let state = self.states.is_empty() || self.states.contains(&entry.status);
        let late =
            self.since.as_ref().is_none_or(|since| latest(entry).is_some_and(|day| day >= since.as_str()));
        state && late
    }
}

/// The later of an entry's dates.
fn latest(entry: &Deprecation) -> Option<&str> {
    entry.deprecated_at.as_deref().max(entry.shutdown_at.as_deref())
}
