//! The requests that a stand-in takes, found out by asking: a form for each body, drawn from what is accepted and refused.
//!
//! Documents say what a vendor ought to take; this says what a target does take. It knows the members and values
//! that some edition of the vendor has had (the lexicon) and tries each: of the right type and of wrong ones, at
//! its bounds and just past them, left out, with a value that no edition lists. That takes hundreds of submits for
//! each model, so it is only for targets where nothing costs.

mod forms;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mockreel_drift::Surface;
use mockreel_drift::surface::{BodyForm, Endpoint, Extent, Node, Security, Type};
use serde_json::Value;

use self::forms::Prober;
use crate::images;
use crate::profile::{Ask, Credential, Profile};
use mockreel_contracts::Operation;
use mockreel_evidence::exchange::{Answer, WireError};

/// How a request gets to the target.
pub type Send<'a> = dyn FnMut(&Ask) -> Result<Answer, WireError> + 'a;

/// What a target takes, as far as the lexicon has words for it.
///
/// `profile` says how to ask and how to read; `lexicon` are descriptions of the vendor from any time. The answer has
/// what can be found out by asking: see [`askable`], which cuts a description down to the same.
///
/// # Errors
///
/// If a request got no answer.
pub fn surface(profile: &Profile, lexicon: &[Surface], send: &mut Send<'_>) -> Result<Surface, WireError> {
    let lexicon: Vec<Surface> = lexicon.iter().map(askable).collect();
    let mut routes: BTreeMap<(String, String), &Endpoint> = BTreeMap::new();
    for endpoint in lexicon.iter().flat_map(|held| &held.endpoints) {
        routes.entry((endpoint.path.clone(), endpoint.method.clone())).or_insert(endpoint);
    }
    let submits: Vec<&Endpoint> =
        routes.values().copied().filter(|held| is(held, Operation::Submit)).collect();
    let mut found =
        Surface { extent: Extent::Vendor, vendor: profile.contract().id.clone(), ..Surface::default() };
    let mut job = None;
    let mut bodies: BTreeMap<String, Option<ProbedForm>> = BTreeMap::new();
    for endpoint in &submits {
        let mut requests = BTreeMap::new();
        let mut status = None;
        for model in models(&lexicon, &endpoint.path) {
            let mut prober = Prober::new(profile, &endpoint.path, &model, send);
            let variants = variants(&lexicon, &model);
            // What a model takes does not depend on the path, but whether it is taken there does.
            let known = match bodies.get(&model) {
                Some(Some(known)) => prober.accepts(&known.good)?.map(|_| known.clone()),
                _ => prober.body(&variants)?.map(|(node, good)| ProbedForm { node, good }),
            };
            if let Some(known) = &known {
                let accepted = prober.accepts(&known.good)?;
                if let Some((code, id)) = accepted {
                    status.get_or_insert(code);
                    job.get_or_insert(id);
                }
                let body = BodyForm { node: Some(known.node.clone()), ..BodyForm::default() };
                requests.insert(model.clone(), body);
            }
            bodies.entry(model).or_insert(known);
        }
        let Some(code) = status else { continue };
        let mut ask = Ask::get(&endpoint.path).by("POST");
        ask = ask.with(mockreel_evidence::exchange::Body::Json(Value::Object(serde_json::Map::new())));
        let security = guarded(endpoint, ask, send)?;
        found.endpoints.push(Endpoint { security, requests, replies: reply(code), ..bare(endpoint) });
    }
    for endpoint in routes.values().copied().filter(|held| !is(held, Operation::Submit)) {
        if let Some(read) = reading(profile, endpoint, job.as_deref(), send)? {
            found.endpoints.push(read);
        }
    }
    Ok(found)
}

/// A model's body as it was found, and one that was accepted.
#[derive(Clone)]
struct ProbedForm {
    node: Node,
    good: Value,
}

fn is(endpoint: &Endpoint, operation: Operation) -> bool {
    endpoint.operation.as_deref() == Some(operation.as_str())
}

fn bare(endpoint: &Endpoint) -> Endpoint {
    Endpoint {
        operation: endpoint.operation.clone(),
        method: endpoint.method.clone(),
        path: endpoint.path.clone(),
        query: Node { types: BTreeSet::from([Type::Object]), ..Node::default() },
        ..Endpoint::default()
    }
}

fn reply(status: u16) -> BTreeMap<String, BodyForm> {
    BTreeMap::from([(status.to_string(), BodyForm::default())])
}

/// The models that any description has on a path.
fn models(lexicon: &[Surface], path: &str) -> BTreeSet<String> {
    let endpoints = lexicon.iter().flat_map(|held| &held.endpoints);
    let here = endpoints.filter(|held| is(held, Operation::Submit) && held.path == path);
    here.flat_map(|held| held.requests.keys().cloned()).collect()
}

/// The forms that a model's body has had, whatever the path.
fn variants<'a>(lexicon: &'a [Surface], model: &str) -> Vec<&'a Node> {
    let endpoints =
        lexicon.iter().flat_map(|held| &held.endpoints).filter(|held| is(held, Operation::Submit));
    endpoints.filter_map(|held| held.requests.get(model)?.node.as_ref()).collect()
}

/// Whether an operation wants a credential.
fn guarded(endpoint: &Endpoint, ask: Ask, send: &mut Send<'_>) -> Result<Security, WireError> {
    let answer = send(&ask.from(Credential::Nobody))?;
    let schemes = endpoint.security.schemes();
    Ok(if [401, 403].contains(&answer.status) { Security::Demanded(schemes) } else { Security::None })
}

/// An operation that reads: whether it answers, with which status, to whom, and what its query needs.
fn reading(
    profile: &Profile,
    endpoint: &Endpoint,
    job: Option<&str>,
    send: &mut Send<'_>,
) -> Result<Option<Endpoint>, WireError> {
    if endpoint.method != "GET" || (is(endpoint, Operation::Poll) && job.is_none()) {
        return Ok(None);
    }
    let ask = match job {
        Some(id) if is(endpoint, Operation::Poll) => profile.poll_at(&endpoint.path, id),
        _ if endpoint.path.contains('{') => return Ok(None),
        _ => Ask::get(&endpoint.path),
    };
    let answer = send(&ask)?;
    if !(200..300).contains(&answer.status) {
        return Ok(None);
    }
    let mut read = Endpoint { replies: reply(answer.status), ..bare(endpoint) };
    read.security = guarded(endpoint, ask.clone(), send)?;
    for (name, member) in &endpoint.query.members {
        let Some(place) = ask.query.iter().position(|(held, _)| held == name) else { continue };
        let mut without = ask.clone();
        without.query.remove(place);
        let mut empty = ask.clone();
        empty.query[place].1 = String::new();
        let mut held = member.clone();
        held.required = !(200..300).contains(&send(&without)?.status);
        if (200..300).contains(&send(&empty)?.status) {
            Arc::make_mut(&mut held.node).limits.remove("minLength");
        }
        read.query.members.insert(name.clone(), held);
    }
    Ok(Some(read))
}

/// The part of a description that can be found out by asking.
///
/// Words, defaults, null, what answers hold and what no request can show are left out.
pub fn askable(surface: &Surface) -> Surface {
    let mut cut = Surface {
        name: surface.name.clone(),
        vendor: surface.vendor.clone(),
        extent: surface.extent,
        ..Surface::default()
    };
    for endpoint in &surface.endpoints {
        let asked = is(endpoint, Operation::Submit);
        let readable =
            endpoint.method == "GET" && (is(endpoint, Operation::Poll) || !endpoint.path.contains('{'));
        if !asked && !readable {
            continue;
        }
        let mut kept = bare(endpoint);
        kept.security = endpoint.security.clone();
        let good = endpoint.replies.keys().filter(|status| status.starts_with('2'));
        kept.replies = good.map(|status| (status.clone(), BodyForm::default())).collect();
        for (model, body) in endpoint.requests.iter().filter(|_| asked) {
            let node = body.node.as_ref().map(|node| forms::askable(node, true));
            kept.requests.insert(model.clone(), BodyForm { node, ..BodyForm::default() });
        }
        if is(endpoint, Operation::Poll) {
            kept.query.members = endpoint.query.members.clone();
            for member in kept.query.members.values_mut() {
                Arc::make_mut(&mut member.node).text.clear();
            }
        }
        cut.endpoints.push(kept);
    }
    cut
}

/// An image that every rule lets pass, for targets that take files.
fn image() -> crate::profile::Image {
    images::plain()
}
