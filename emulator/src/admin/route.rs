//! The routes of the control API: which methods and query parameters a path has by our own document.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode, Uri};
use serde_json::{Map, Value};

use super::request::AdminError;
use crate::scenario::suggest_name;

/// Our own document, as it is written.
static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("openapi.json")).unwrap_or_default());

/// A path below `/__admin/` and what it is asked with.
pub(super) struct Route {
    /// The segments of the path, percent-encoding undone in each.
    pub(super) path: Vec<String>,
    /// The parameters of the query, each of them known, given once, and not empty.
    pub(super) query: Vec<(String, String)>,
}

impl Route {
    /// Reads a path and query that a method has.
    ///
    /// # Errors
    ///
    /// If there is no such path, it does not have the method, or the query has a parameter that means nothing there.
    pub(super) fn read(method: &Method, uri: &Uri) -> Result<Self, AdminError> {
        let decoded = mockreel_contracts::contract::check::route::percent_decoded;
        let path = uri.path();
        let path = path.strip_prefix("/__admin").unwrap_or(path);
        let path: Vec<String> =
            path.trim_matches('/').split('/').map(|part| decoded(part).into_owned()).collect();
        let methods = find_methods(&path).ok_or_else(|| refuse_path(method, &path))?;
        let asked = if method == Method::HEAD { Method::GET } else { method.clone() };
        let operation = methods.get(&asked.as_str().to_ascii_lowercase());
        let operation = operation.ok_or_else(|| refuse_method(method, &path, methods))?;
        let query = read_query(uri.query().unwrap_or_default(), &list_parameters(operation))?;
        Ok(Self { path, query })
    }
}

/// The methods of a path, each with what the document says of it.
fn find_methods(path: &[String]) -> Option<&'static Map<String, Value>> {
    let fits = |template: &str| {
        let segments = template.strip_prefix("/__admin/").unwrap_or_default().split('/');
        segments.clone().count() == path.len()
            && segments.zip(path).all(|(segment, given)| segment.starts_with('{') || segment == given)
    };
    let paths = DOCUMENT.get("paths")?.as_object()?;
    paths.iter().find(|(template, _)| fits(template))?.1.as_object()
}

/// The names of the query parameters of an operation.
fn list_parameters(operation: &'static Value) -> Vec<&'static str> {
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let referred = |parameter: &'static Value| match parameter.get("$ref").and_then(Value::as_str) {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')),
        None => Some(parameter),
    };
    let in_query = parameters.filter_map(referred).filter(|parameter| parameter["in"] == "query");
    in_query.filter_map(|parameter| parameter["name"].as_str()).collect()
}

/// Reads a query of which every parameter is known.
fn read_query(text: &str, known: &[&str]) -> Result<Vec<(String, String)>, AdminError> {
    let mut query: Vec<(String, String)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()).into_owned() {
        if !known.contains(&name.as_str()) {
            let shown: String = name.chars().take(100).collect();
            let nearest = suggest_name(&name, known.iter().copied());
            let takes = if known.is_empty() {
                "this order takes no parameters".to_owned()
            } else {
                format!("there are {}", known.join(", "))
            };
            return Err(AdminError::bad(format!("nobody knows the parameter `{shown}`{nearest}; {takes}")));
        }
        if query.iter().any(|(before, _)| *before == name) {
            return Err(AdminError::bad(format!("`{name}` is given twice: give it once")));
        }
        if value.is_empty() {
            let what = if name == "account" { "a key, or `*` for all accounts" } else { "a value" };
            return Err(AdminError::bad(format!("`{name}` is empty: give {what}, or leave it out")));
        }
        query.push((name, value));
    }
    Ok(query)
}

/// Refuses a path that there is not.
fn refuse_path(method: &Method, path: &[String]) -> AdminError {
    let detail = match path {
        [jobs, _, command] if jobs == "jobs" => {
            format!("a job cannot `{command}`; it can start, succeed, fail and cancel")
        }
        _ => format!("nothing answers {method} /__admin/{}; see /__admin/openapi.json", path.join("/")),
    };
    AdminError::new(StatusCode::NOT_FOUND, detail)
}

/// Refuses a method that a path does not have.
fn refuse_method(method: &Method, path: &[String], methods: &Map<String, Value>) -> AdminError {
    let mut allowed: Vec<String> = methods.keys().map(|method| method.to_uppercase()).collect();
    if allowed.iter().any(|method| method == "GET") {
        allowed.push("HEAD".to_owned());
    }
    let allowed = allowed.join(", ");
    let detail = format!("nothing answers {method} /__admin/{}; it takes {allowed}", path.join("/"));
    AdminError { allowed: Some(allowed), ..AdminError::new(StatusCode::METHOD_NOT_ALLOWED, detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_document_is_a_route_with_its_parameters() {
        let paths = DOCUMENT["paths"].as_object().unwrap();
        for (template, methods) in paths {
            for (method, operation) in methods.as_object().unwrap() {
                let names = list_parameters(operation);
                let query: Vec<String> = names.iter().map(|name| format!("{name}=x")).collect();
                let uri = format!("{}?{}", template.replace(['{', '}'], ""), query.join("&"));
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let route = Route::read(&method, &uri.parse().unwrap());
                let route = route.unwrap_or_else(|error| panic!("{method} {uri}: {}", error.detail));
                assert_eq!(route.query.len(), names.len(), "{method} {uri}");
                assert!(Route::read(&Method::PATCH, &uri.parse().unwrap()).is_err());
            }
        }
    }
}
