//! Images on and beyond every limit, by every way on which a vendor takes them.

mod addresses;
mod given;
mod notes;
mod ways;

use mockreel_contracts::contract::check::image::{ImageRole, Transport, slots};
use mockreel_contracts::contract::model::Model;
use mockreel_contracts::contract::views::examples::minimal;
use mockreel_contracts::{Contract, Operation};
use mockreel_emulator::Emulator;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Caller, KEY};

/// One way for one image to a model's first slot.
pub(super) struct Way {
    pub(super) model: String,
    pub(super) url: String,
    pub(super) pointer: String,
    pub(super) body: Value,
    pub(super) transports: Vec<Transport>,
    pub(super) aspect_counts: bool,
}

/// The models of a vendor that take an image, one for each kind of request.
pub(super) fn way(emulator: &Emulator, contract: &Contract) -> Way {
    let model: &Model = contract
        .models
        .values()
        .find(|model| !slots(&model.request, &minimal(model, &["http://p.example/x.png"])).is_empty())
        .expect("every vendor has a model that takes a picture");
    let body = minimal(model, &["http://p.example/x.png"]);
    let (pointer, transports, aspect_counts) = {
        let found = slots(&model.request, &body);
        let slot = found.iter().find(|slot| slot.rules.role == ImageRole::First).unwrap();
        (slot.pointer.clone(), slot.rules.transports.clone(), slot.rules.max_aspect.is_some())
    };
    let fits = |held: &Option<String>| held.as_ref().is_none_or(|id| *id == model.id);
    let route =
        contract.operations[&Operation::Submit].routes.iter().find(|route| fits(&route.model)).unwrap();
    let url = format!("{}{}", emulator.url(&contract.id), route.path);
    Way { model: model.id.clone(), url, pointer, body, transports, aspect_counts }
}

impl Way {
    /// Submits the request with something else where its image stands.
    pub(super) async fn submit(&self, image: &str) -> Answer {
        let mut body = self.body.clone();
        *body.pointer_mut(&self.pointer).unwrap() = image.into();
        Caller::with_key(KEY).post(&self.url, &body).await
    }

    pub(super) async fn submit_file(&self, name: &str, bytes: Vec<u8>, bare: bool) -> Answer {
        let mut form = reqwest::multipart::Form::new();
        for (member, value) in self.body.as_object().unwrap() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let part = if self.pointer == format!("/{member}") {
                let part = reqwest::multipart::Part::bytes(bytes.clone());
                if bare { part } else { part.file_name(name.to_owned()) }
            } else {
                reqwest::multipart::Part::text(text)
            };
            form = form.part(member.clone(), part);
        }
        let caller = Caller::with_key(KEY);
        caller.send(caller.request(Method::POST, &self.url).multipart(form)).await
    }
}
