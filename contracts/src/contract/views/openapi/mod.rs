//! A contract as an OpenAPI 3.1 document, for generators, browsers of documents and drift checks.
//!
//! The document says either what is documented or what is enforced. Annotations of ours (`x-source`
//! and its like) stay in as extensions; `x-sources` at the top lists what they name.

mod operations;
mod responses;
mod view;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

pub use self::view::View;
use self::view::ViewedContract;
use crate::contract::Contract;
use crate::contract::model::source::Cited;
use crate::contract::model::{Lifecycle, Model};

/// The version of OpenAPI that is written.
const VERSION: &str = "3.1.0";

/// The licence of the document, as an SPDX expression: that of the project.
const LICENSE: &str = "MIT OR Apache-2.0";

/// The contract as an OpenAPI 3.1 document.
///
/// On the documented side is only what a documentation states (grades `seed`, `doc`, `spec`):
/// operations, members and refusals known from observation alone are left out.
pub fn export(contract: &Contract, view: View) -> Value {
    let viewed = ViewedContract { contract, view };
    let mut components = Components::new(&viewed);
    let paths = operations::paths(&viewed, &mut components);
    let servers: Vec<Value> =
        contract.hosts.iter().map(|host| json!({ "url": format!("https://{host}") })).collect();
    json!({
        "openapi": VERSION,
        "info": {
            "title": contract.title,
            "version": contract.edition,
            "description": contract.summary,
            "license": { "name": LICENSE, "identifier": LICENSE },
            "x-vendor": contract.id,
            "x-side": view.word(),
        },
        "servers": servers,
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "securitySchemes": { CREDENTIAL: security_scheme(contract) },
        },
        "x-sources": serde_json::to_value(&contract.sources).unwrap_or_default(),
    })
}

/// The name of the one security scheme.
const CREDENTIAL: &str = "credential";

fn security_scheme(contract: &Contract) -> Value {
    let source = source_value(&contract.auth.source);
    let scheme = contract.auth.scheme.word().to_ascii_lowercase();
    if ["bearer", "basic"].contains(&scheme.as_str()) {
        return json!({"type": "http", "scheme": scheme, "x-source": source});
    }
    let description = format!("The scheme `{}` of the header Authorization", contract.auth.scheme.word());
    json!({"type": "apiKey", "in": "header", "name": "Authorization", "description": description, "x-source": source})
}

/// The sources of a fact as a list of names, as every extension of ours gives them.
fn source_value(cited: &Cited) -> Value {
    Value::from(cited.names())
}

/// The schemas that several places refer to.
struct Components {
    schemas: Map<String, Value>,
    /// The names in use, so that two that look alike once cleaned stay apart.
    taken: BTreeSet<String>,
    models: Vec<Submitted>,
}

/// A model that a submit can name.
struct Submitted {
    id: String,
    /// Address of its request schema in the document.
    reference: String,
    /// The same for a form, where the vendor takes forms with files in them.
    form: Option<String>,
    /// The bodies shown as examples, by name.
    examples: Map<String, Value>,
}

impl Submitted {
    /// The address of its schema for JSON, or for a form.
    fn reference(&self, form: bool) -> &str {
        self.form.as_deref().filter(|_| form).unwrap_or(&self.reference)
    }
}

impl Components {
    fn new(viewed: &ViewedContract<'_>) -> Self {
        let mut components = Self { schemas: Map::new(), taken: BTreeSet::new(), models: Vec::new() };
        components.add("problem", viewed.schema(&viewed.contract.problem_schema));
        let offered = viewed
            .contract
            .models
            .values()
            .filter(|model| model.lifecycle != Lifecycle::Retired && viewed.has(&model.source));
        for model in offered {
            components.add_model(viewed, model);
        }
        components
    }

    fn add_model(&mut self, viewed: &ViewedContract<'_>, model: &Model) {
        let mut schema = viewed.schema(&model.request);
        if let Value::Object(members) = &mut schema {
            members.entry("title").or_insert_with(|| model.title.as_str().into());
            if model.lifecycle == Lifecycle::Deprecated {
                members.insert("deprecated".to_owned(), true.into());
            }
        }
        let examples = view::examples(model, &schema);
        let form = view::form(viewed, model, &schema)
            .map(|form| self.add(&format!("submit.{}.form", model.id), form));
        let reference = self.add(&format!("submit.{}", model.id), schema);
        self.models.push(Submitted { id: model.id.clone(), reference, form, examples });
    }

    /// Adds a schema and answers with its address in the document.
    fn add(&mut self, name: &str, schema: Value) -> String {
        let base = key(name);
        let mut name = base.clone();
        let mut next = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{base}_{next}");
            next += 1;
        }
        self.schemas.insert(name.clone(), schema);
        format!("#/components/schemas/{name}")
    }
}

/// A name with nothing in it that a key of `components` may not have.
fn key(name: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&letter);
    name.chars().map(|letter| if allowed(letter) { letter } else { '-' }).collect()
}
