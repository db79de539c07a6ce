//! What is served.

use axum::http::StatusCode;
use mockreel_contracts::contract::views::openapi::{View, export};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{Answer, Order, Wrong};
use crate::http::place::by_selector;
use crate::scenario::Scenario;

/// `GET vendors`.
pub(super) fn list(order: &Order<'_>) -> Value {
    // The control API may have an address of its own, at which no vendor answers.
    let apart = order.shared.settings.admin_listen.is_some();
    let base = if apart { order.shared.addresses().main() } else { order.base.clone() };
    let told = order.shared.settings.vendors.iter().map(|chosen| {
        let contract = &chosen.vendor.contract;
        let operations: Vec<Value> = contract
            .operations
            .iter()
            .flat_map(|(name, operation)| {
                operation.routes.iter().map(move |route| json!({"operation": name, "method": operation.method, "path": route.path}))
            })
            .collect();
        let options: Map<String, Value> = contract
            .options
            .iter()
            .map(|(name, fact)| (name.clone(), json!({"value": chosen.options.get(name), "values": fact.values, "default": fact.default})))
            .collect();
        let prefix = if chosen.vendor.newest { contract.id.clone() } else { contract.full_id() };
        json!({
            "id": contract.id,
            "edition": contract.edition,
            "newest": chosen.vendor.newest,
            "title": contract.title,
            "base_url": format!("{base}/{prefix}"),
            "hosts": contract.hosts,
            "models": contract.models.keys().collect::<Vec<_>>(),
            "operations": operations,
            "options": options,
        })
    });
    json!({"seed": order.shared.settings.seed.0, "vendors": told.collect::<Vec<_>>()})
}

/// `GET vendors/{id}/openapi.json`.
pub(super) fn openapi(order: &Order<'_>, id: &str) -> Answer {
    let vendors = &order.shared.settings.vendors;
    let index = by_selector(vendors, id)
        .ok_or_else(|| Wrong::new(StatusCode::NOT_FOUND, format!("`{id}` is not served")))?;
    let contract = &vendors[index].vendor.contract;
    Ok(export(contract, View::Enforced))
}

/// `GET openapi.json`. The form of scenarios is put in from the types that read them.
pub(super) fn own_openapi() -> Answer {
    let told = |error: serde_json::Error| Wrong::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let mut document: Value = serde_json::from_str(include_str!("openapi.json")).map_err(told)?;
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    generator.subschema_for::<Scenario>();
    for (name, schema) in generator.take_definitions(true) {
        document["components"]["schemas"][name] = schema;
    }
    Ok(document)
}
