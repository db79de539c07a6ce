//! The served vendors and the OpenAPI documents of the control API.

use axum::http::StatusCode;
use mockreel_contracts::contract::views::openapi::{View, export};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::request::{AdminError, AdminRequest, AdminResult};
use crate::edge::router::by_selector;
use crate::scenario::Scenario;

/// `GET vendors`.
pub(super) fn list_vendors(request: &AdminRequest<'_>) -> Value {
    // The control API may have an address of its own, at which no vendor answers.
    let apart = request.app.settings.admin_listen.is_some();
    let base = if apart { request.app.addresses().main() } else { request.base.clone() };
    let described = request.app.settings.vendors.iter().map(|served| {
        let contract = &served.vendor.contract;
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
            .map(|(name, fact)| (name.clone(), json!({"value": served.options.get(name), "values": fact.values, "default": fact.default})))
            .collect();
        let prefix = if served.vendor.newest { contract.id.clone() } else { contract.full_id() };
        json!({
            "id": contract.id,
            "edition": contract.edition,
            "newest": served.vendor.newest,
            "title": contract.title,
            "base_url": format!("{base}/{prefix}"),
            "hosts": contract.hosts,
            "models": contract.models.keys().collect::<Vec<_>>(),
            "operations": operations,
            "options": options,
        })
    });
    let settings = &request.app.settings;
    json!({
        "seed": settings.seed.0,
        "progress": settings.progress.to_string(),
        "vendors": described.collect::<Vec<_>>(),
    })
}

/// `GET vendors/{id}/openapi.json`.
pub(super) fn show_openapi(request: &AdminRequest<'_>, id: &str) -> AdminResult {
    let vendors = &request.app.settings.vendors;
    let index = by_selector(vendors, id)
        .ok_or_else(|| AdminError::new(StatusCode::NOT_FOUND, format!("`{id}` is not served")))?;
    let contract = &vendors[index].vendor.contract;
    Ok(export(contract, View::Enforced))
}

/// `GET openapi.json`. The form of scenarios is put in from the types that read them.
pub(super) fn show_own_openapi() -> AdminResult {
    let internal_error =
        |error: serde_json::Error| AdminError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    let mut document: Value = serde_json::from_str(include_str!("openapi.json")).map_err(internal_error)?;
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
