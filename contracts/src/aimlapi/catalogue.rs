//! The catalogue of models: its items, the sections that are asked for, and its filters.

use serde_json::{Map, Value, json};

use super::dialect::CREDITS_PER_USD;
use crate::contract::Model;
use crate::contract::model::{Lifecycle, Per};
use crate::dialect::Exchange;
use crate::role::Role;

/// The word for all sections.
const ALL: &str = "all";

/// The optional sections of an item, in the order of the page.
const SECTIONS: [&str; 3] = ["pricing", "modalities", "capabilities"];

/// The words for what comes in and goes out, each with a part of the names of the members that carry it.
fn list_inputs() -> [(&'static str, &'static str); 4] {
    [("text", Role::Prompt.as_str()), ("image", "image"), ("video", "video"), ("audio", "audio")]
}

/// The items for a request. A model that the feed lists with a day of its end is left out, as the page states.
pub(super) fn list_items(exchange: &Exchange<'_>) -> Vec<Value> {
    let query = CatalogueQuery::read(exchange);
    let leaves = |model: &Model| {
        let mut feed = exchange.contract.deprecations.iter();
        feed.any(|entry| entry.id == model.id && entry.shutdown_at.is_some())
    };
    let models = exchange.contract.models.values();
    models
        .filter(|model| model.lifecycle != Lifecycle::Retired && !leaves(model))
        .map(|model| describe_model(exchange, model))
        .filter(|item| query.admits(item))
        .map(|item| query.cut(item))
        .collect()
}

/// One item, with the sections that the request asks for.
pub(super) fn describe_one(exchange: &Exchange<'_>, model: &Model) -> Value {
    CatalogueQuery::read(exchange).cut(describe_model(exchange, model))
}

/// All that there is about a model.
fn describe_model(exchange: &Exchange<'_>, model: &Model) -> Value {
    let stated = |member: &str| default_of(exchange, &format!("/properties/{member}/default"));
    let mut info = Map::new();
    info.insert("releasedAt".into(), Value::Null);
    info.insert("name".into(), model.title.as_str().into());
    for name in ["developer", "description", "url", "docsUrl"] {
        let text = default_of(exchange, &format!("/properties/info/properties/{name}/default"));
        // Without a text of its own the name describes it.
        info.insert(name.into(), if text.is_null() { model.title.as_str().into() } else { text });
    }
    info.insert("docsJson".into(), docs_json(model, &stated("type")).into());
    json!({
        "id": model.id,
        "info": info,
        "type": stated("type"),
        "aliases": stated("aliases"),
        "tags": stated("tags"),
        "pricing": price_in_dollars(model),
        "modalities": list_modalities(model),
        "capabilities": list_capabilities(model),
    })
}

/// What the contract states for every item.
fn default_of(exchange: &Exchange<'_>, pointer: &str) -> Value {
    let item = exchange.contract.schemas.get("catalogue_item");
    item.and_then(|item| item.pointer(pointer)).cloned().unwrap_or_default()
}

/// The address of the model's own OpenAPI file.
fn docs_json(model: &Model, kind: &Value) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair(Role::Model.as_str(), &model.id)
        .append_pair("endpoint", kind.as_str().unwrap_or_default());
    format!("https://api.aimlapi.com/docs-json?{}", query.finish())
}

/// The price in US dollars; null where none is known.
fn price_in_dollars(model: &Model) -> Value {
    let Some(price) = &model.price else { return Value::Null };
    let unit = match price.per {
        Per::Second => "second",
        Per::Job => "generation",
    };
    let dollars = price.amount / CREDITS_PER_USD;
    let unit = json!({"name": unit, "measure": "output", "price": dollars, "per": 1});
    json!({"kind": "fixed", "currency": "USD", "units": [unit]})
}

/// What goes in, by the names of the request's members; what comes out is a video.
fn list_modalities(model: &Model) -> Value {
    let members = crate::contract::check::schema::properties(&model.request);
    let takes = |part: &str| members.iter().any(|(pointer, _)| pointer.contains(part));
    let input: Vec<&str> =
        list_inputs().into_iter().filter(|(_, part)| takes(part)).map(|(word, _)| word).collect();
    json!({"input": input, "output": ["video"]})
}

/// The words of the page, where the id names one and where the request has a member for sound.
fn list_capabilities(model: &Model) -> Value {
    let mut words = Vec::new();
    for source in ["text", "image", "reference", "video"] {
        if model.id.contains(&format!("{source}-to-video")) {
            words.push(format!("{source}_to_video"));
        }
    }
    let members = crate::contract::check::schema::properties(&model.request);
    if members.iter().any(|(pointer, _)| pointer == "/generate_audio") {
        words.push("audio_generation".to_owned());
    }
    words.into()
}

/// What a request asks of the catalogue. What it does not know is passed over, as the page promises.
struct CatalogueQuery {
    /// The sections that are attached.
    sections: Vec<&'static str>,
    /// Each filter with its values in lower case: one of them has to fit.
    filters: Vec<(CatalogueFilter, Vec<String>)>,
}

/// A filter, by what of an item it looks at.
#[derive(Clone, Copy, PartialEq)]
enum CatalogueFilter {
    Id,
    Type,
    Tags,
    Modalities,
    InputModalities,
    OutputModalities,
    Capabilities,
}

impl CatalogueFilter {
    /// The parameter of each.
    const NAMES: [(&str, Self); 7] = [
        ("id", Self::Id),
        ("type", Self::Type),
        ("tags", Self::Tags),
        ("modalities", Self::Modalities),
        ("input_modalities", Self::InputModalities),
        ("output_modalities", Self::OutputModalities),
        ("capabilities", Self::Capabilities),
    ];

    fn find(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, filter)| filter)
    }

    /// Where in an item the texts are that it compares.
    fn pointers(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["/id", "/aliases"],
            Self::Type => &["/type"],
            Self::Tags => &["/tags"],
            Self::Modalities => &["/modalities/input", "/modalities/output"],
            Self::InputModalities => &["/modalities/input"],
            Self::OutputModalities => &["/modalities/output"],
            Self::Capabilities => &["/capabilities"],
        }
    }
}

impl CatalogueQuery {
    fn read(exchange: &Exchange<'_>) -> Self {
        let query = exchange.target.split_once('?').map_or("", |(_, query)| query);
        let mut read = Self { sections: Vec::new(), filters: Vec::new() };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let words: Vec<String> = value
                .split(',')
                .map(|word| word.trim().to_lowercase())
                .filter(|word| !word.is_empty())
                .collect();
            match (name.as_ref(), CatalogueFilter::find(&name)) {
                ("include", _) => {
                    let asked = |section: &&str| words.iter().any(|word| word == section || word == ALL);
                    read.sections.extend(SECTIONS.iter().filter(|section| asked(section)));
                }
                ("details", _) if words == ["true"] => read.sections.extend(SECTIONS),
                (_, Some(filter)) if !words.is_empty() => read.filter(filter, words),
                _ => {}
            }
        }
        read
    }

    fn filter(&mut self, filter: CatalogueFilter, words: Vec<String>) {
        match self.filters.iter_mut().find(|(known, _)| *known == filter) {
            Some((_, known)) => known.extend(words),
            None => self.filters.push((filter, words)),
        }
    }

    fn admits(&self, item: &Value) -> bool {
        self.filters.iter().all(|(filter, words)| {
            let fits =
                |value: &Value| value.as_str().is_some_and(|text| words.contains(&text.to_lowercase()));
            filter.pointers().iter().filter_map(|pointer| item.pointer(pointer)).any(|value| match value {
                Value::Array(items) => items.iter().any(fits),
                other => fits(other),
            })
        })
    }

    /// Takes away the sections that were not asked for.
    fn cut(&self, mut item: Value) -> Value {
        if let Some(members) = item.as_object_mut() {
            members.retain(|name, _| {
                SECTIONS.iter().all(|section| section != name) || self.sections.contains(&name.as_str())
            });
        }
        item
    }
}
