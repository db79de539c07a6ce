//! Requests as cases make them: by operation and member, with the credential left to the session.

use mockreel_contracts::contract::model::operation::{IdPlace, OperationFacts, Route};
use mockreel_contracts::{Model, Operation, Role};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Image, Profile, put};
use mockreel_evidence::exchange::{Body, Part, PartContent};

/// Stands in a body for an image that is sent as a file of the form.
pub(super) const PART: &str = "cid:picture";

/// What may stand in a path or a query as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What stays as it is where a name stands for several segments.
const REST: &AsciiSet = &PLAIN.remove(b'/');

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The target's key.
    Key,
    /// Its second key, of another account.
    SecondKey,
    /// The target's key behind another scheme than the vendor's.
    OtherScheme,
    /// Nobody.
    Nobody,
    /// An `Authorization` header as it is. It is no secret.
    Header(String),
}

/// A request without its host.
#[derive(Clone)]
pub struct Ask {
    /// HTTP method.
    pub method: String,
    /// The path below the vendor's base, or a whole address.
    pub path: String,
    /// The query, unencoded.
    pub query: Vec<(String, String)>,
    /// Further headers, lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Who asks.
    pub credential: Credential,
}

impl Ask {
    /// A GET with the target's key.
    pub fn get(path: &str) -> Self {
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            credential: Credential::Key,
        }
    }

    /// The same by another method.
    #[must_use]
    pub fn by(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// The same from somebody else.
    #[must_use]
    pub fn from(mut self, credential: Credential) -> Self {
        self.credential = credential;
        self
    }

    /// The same with another body.
    #[must_use]
    pub fn with(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// The path with its query.
    pub fn target(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
        let query: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query.join("&")) }
    }
}

impl Profile {
    /// The paths of an operation that exist with the contract's options, the documented one first.
    pub fn routes<'a>(&'a self, operation: &'a OperationFacts) -> impl Iterator<Item = &'a Route> {
        let exists = |route: &&Route| !route.option.as_ref().is_some_and(|name| self.options.is(name, "off"));
        operation.routes.iter().filter(exists)
    }

    /// The path under which a model is submitted.
    pub fn submit_path(&self, model: &Model) -> String {
        let Some(operation) = self.operation(Operation::Submit) else { return "/".to_owned() };
        let fits = |route: &&Route| route.model.as_ref().is_none_or(|fixed| *fixed == model.id);
        self.routes(operation).find(fits).map_or_else(|| "/".to_owned(), |route| route.path.clone())
    }

    /// A submit of a body, in the form that the vendor documents.
    pub fn submit(&self, model: &Model, body: &Value, image: &Image) -> Ask {
        let ask = Ask::get(&self.submit_path(model)).by("POST");
        if self.takes_forms() {
            ask.with(Body::Form(form(body, image)))
        } else {
            ask.with(Body::Json(body.clone()))
        }
    }

    /// Gives a body that is sent as a form and has no member a harmless one, so that nothing but what it lacks is
    /// wrong with it: a form without parts is broken to many servers.
    pub fn fill_form(&self, model: &Model, body: &mut Value) {
        let is_empty = body.as_object().is_some_and(serde_json::Map::is_empty);
        if !is_empty || !self.takes_forms() {
            return;
        }
        let words = [(Role::NegativePrompt, json!("blur")), (Role::AspectRatio, json!("16:9"))];
        let known = words.into_iter().find_map(|(role, value)| Some((self.member(model, role)?, value)));
        if let Some((member, value)) = known {
            put(body, &member.pointer, value);
        }
    }

    /// Whether a submit is a form.
    pub fn takes_forms(&self) -> bool {
        let kinds = self.operation(Operation::Submit).map(|operation| operation.media_types.as_slice());
        kinds.and_then(<[String]>::first).is_some_and(|kind| kind.starts_with("multipart/"))
    }

    /// A look at a job.
    pub fn poll(&self, id: &str) -> Ask {
        let path = self.operation(Operation::Poll).and_then(|poll| self.routes(poll).next());
        self.poll_at(path.map_or("/", |route| route.path.as_str()), id)
    }

    /// A look at a job by one of the paths.
    pub fn poll_at(&self, path: &str, id: &str) -> Ask {
        let place = self.operation(Operation::Poll).and_then(|poll| poll.job_id.clone());
        match place {
            Some(IdPlace::Path(name)) => {
                let encoded = utf8_percent_encode(id, PLAIN).to_string();
                Ask::get(&path.replace(&format!("{{{name}}}"), &encoded))
            }
            Some(IdPlace::Query(name)) => {
                let mut ask = Ask::get(path);
                ask.query.push((name, id.to_owned()));
                ask
            }
            None => Ask::get(path),
        }
    }

    /// Another operation by its first path, segments filled in.
    pub fn ask(&self, operation: Operation, segments: &[&str]) -> Option<Ask> {
        let operation = self.operation(operation)?;
        let route = self.routes(operation).next()?;
        let mut path = String::new();
        let mut given = segments.iter();
        for token in route.path.split('/').skip(1) {
            path.push('/');
            if token.starts_with('{') {
                let plain = if route.rest { REST } else { PLAIN };
                path.push_str(&utf8_percent_encode(given.next()?, plain).to_string());
            } else {
                path.push_str(token);
            }
        }
        Some(Ask::get(&path).by(&operation.method))
    }
}

/// A body as the parts of a form: what is no text is written as JSON, the image becomes a file.
fn form(body: &Value, image: &Image) -> Vec<Part> {
    let members = body.as_object().into_iter().flatten();
    let part = |(name, value): (&String, &Value)| Part {
        name: name.clone(),
        content: match value {
            Value::String(text) if text == PART => PartContent::File {
                file_name: if image.content_type == "image/png" { "picture.png" } else { "picture.jpg" }
                    .to_owned(),
                content_type: image.content_type.to_owned(),
                bytes: image.bytes.clone(),
            },
            Value::String(text) => PartContent::Text(text.clone()),
            other => PartContent::Text(other.to_string()),
        },
    };
    members.map(part).collect()
}
