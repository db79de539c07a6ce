//! The profile of an edition: its offers, and requests for them, all of it read from the contract.
//!
//! A case speaks of members by what they mean (`duration`, `cfg_scale`, the first image), never by a
//! vendor's name for them, so the same case serves every vendor that has such a member.

mod ask;
mod clauses;
mod refusals;
mod replies;

use std::fmt;
use std::sync::Arc;

use mockreel_contracts::contract::check::image::{ImageRole, ImageRules, Transport, slots};
use mockreel_contracts::contract::check::intent::JobIntent;
use mockreel_contracts::contract::check::read::{Observation, observe};
use mockreel_contracts::contract::check::schema::{at, properties, unescape};
use mockreel_contracts::contract::model::Lifecycle;
use mockreel_contracts::contract::model::source::Grade;
use mockreel_contracts::contract::views::examples;
use mockreel_contracts::contract::{Contract, Model, OperationFacts, Options};
use mockreel_contracts::{Operation, Role};
use serde_json::{Value, json};

pub use self::ask::{Ask, Credential};
pub(crate) use self::clauses::sources_of;
pub use self::clauses::value_text;
use mockreel_contracts::Amount;
use mockreel_evidence::exchange::Answer;

/// The prompt of a body that needs one and asks for nothing in particular.
pub(crate) const SUBJECT: &str = "a boat on a calm lake";

/// What an edition of a vendor offers.
#[derive(Clone)]
pub struct Profile {
    contract: Arc<Contract>,
    options: Options,
    /// The only model that is looked at, if it is one alone.
    model: Option<String>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Profile").field(&self.contract.full_id()).finish()
    }
}

/// A member of a request body.
#[derive(Clone, Debug)]
pub struct RequestMember<'a> {
    /// JSON Pointer into the body.
    pub pointer: String,
    /// Its schema.
    pub schema: &'a Value,
}

/// An image, ready to be handed over in any way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its content type.
    pub content_type: &'static str,
    /// An address under which the target can read it, if there is one.
    pub url: Option<String>,
}

impl Profile {
    /// The profile of a contract, its options as the contract has them.
    pub fn new(contract: Arc<Contract>) -> Self {
        let options = Options::defaults(&contract);
        Self { contract, options, model: None }
    }

    /// The profile of one model of a contract, as if the vendor offered no other.
    ///
    /// # Errors
    ///
    /// Lists the models that are offered, if the id is none of theirs.
    pub fn of_model(contract: Arc<Contract>, id: &str) -> Result<Self, String> {
        let whole = Self::new(contract);
        if !whole.models().any(|model| model.id == id) {
            let known: Vec<&str> = whole.models().map(|model| model.id.as_str()).collect();
            let vendor = whole.contract.full_id();
            return Err(format!("{vendor} offers no model `{id}`; it offers {}", known.join(", ")));
        }
        Ok(Self { model: Some(id.to_owned()), ..whole })
    }

    /// The only model that is looked at; `None` if all of them are.
    pub fn only(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The contract.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// An operation, if the vendor has it.
    pub fn operation(&self, operation: Operation) -> Option<&OperationFacts> {
        self.contract.operations.get(&operation)
    }

    /// The models that are still offered, in order of declaration; of a profile of one model, that one.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        let offered = |model: &&Model| model.lifecycle != Lifecycle::Retired;
        let meant = |model: &&Model| self.model.as_ref().is_none_or(|only| *only == model.id);
        self.contract.models.values().filter(offered).filter(meant)
    }

    /// Those of them that the vendor documents, or that somebody saw: not those that only clients name.
    pub fn documented_models(&self) -> impl Iterator<Item = &Model> {
        let sources = &self.contract.sources;
        let is_firm = |name: &&str| {
            sources.get(*name).is_some_and(|source| !matches!(source.grade, Grade::Client | Grade::Guess))
        };
        self.models().filter(move |model| model.source.names().iter().any(&is_firm))
    }

    /// The model of the shared job: the first that is offered.
    pub fn model(&self) -> Option<&Model> {
        self.models().next()
    }

    /// The first offered model that has what is asked for.
    pub fn model_with(&self, has: impl Fn(&Model) -> bool) -> Option<&Model> {
        self.models().find(|model| has(model))
    }

    /// The member of a model's request that plays a role (`prompt`, `duration`, `cfg_scale` ...).
    pub fn member<'a>(&self, model: &'a Model, role: Role) -> Option<RequestMember<'a>> {
        let found = properties(&model.request).into_iter();
        let mut found =
            found.filter(|(pointer, schema)| !pointer.contains('*') && Role::of(schema) == Some(role));
        found.next().map(|(pointer, schema)| RequestMember { pointer, schema })
    }

    /// The member of a model's request that takes an image, and the rules for it.
    pub fn image<'a>(&self, model: &'a Model, role: ImageRole) -> Option<(RequestMember<'a>, ImageRules)> {
        properties(&model.request).into_iter().filter(|(pointer, _)| !pointer.contains('*')).find_map(
            |(pointer, schema)| {
                let rules: ImageRules = serde_json::from_value(schema.get("x-image")?.clone()).ok()?;
                (rules.role == role).then_some((RequestMember { pointer, schema }, rules))
            },
        )
    }

    /// Whether a member must be there.
    pub fn is_required(&self, model: &Model, pointer: &str) -> bool {
        let Some((outer, name)) = pointer.rsplit_once('/') else { return false };
        let held = at(&model.request, outer);
        let required = held.and_then(|schema| schema.get("required")).and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|held| held == name))
    }

    /// The plainest body for a model: what is required, the image handed over in the best way there is.
    pub fn body(&self, model: &Model, image: &Image) -> Value {
        let mut body = examples::minimal(model, &[]);
        let places: Vec<_> = slots(&model.request, &body)
            .into_iter()
            .map(|slot| (slot.pointer, image.handed(&slot.rules.transports)))
            .collect();
        for (pointer, text) in places {
            if let Some(held) = body.pointer_mut(&pointer) {
                *held = text;
            }
        }
        self.give_subject(model, &mut body);
        body
    }

    /// Gives a body that hands over no image a prompt, whether or not the contract requires one: nobody promises a video
    /// of nothing.
    pub fn give_subject(&self, model: &Model, body: &mut Value) {
        let Some(prompt) = self.subject_at(model, body) else { return };
        let says_something =
            body.pointer(&prompt).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
        if !says_something {
            put(body, &prompt, json!(SUBJECT));
        }
    }

    /// The pointer to the prompt of a body, if a video can be made of nothing else.
    pub fn subject_at(&self, model: &Model, body: &Value) -> Option<String> {
        let prompt = self.member(model, Role::Prompt)?;
        slots(&model.request, body).is_empty().then_some(prompt.pointer)
    }

    /// The values that a length may have, as documented, the shortest first.
    pub fn durations(&self, model: &Model) -> Vec<Value> {
        let Some(member) = self.member(model, Role::Duration) else { return Vec::new() };
        let documented = member.schema.get("x-documented").and_then(|view| view.get("enum"));
        let listed = documented.or_else(|| member.schema.get("enum")).and_then(Value::as_array);
        let mut values = listed.cloned().unwrap_or_default();
        values.sort_by_key(seconds_of);
        values
    }

    /// What a job with this body costs at most; `None` if no price is known.
    pub fn price(&self, model: &Model, body: &Value) -> Option<Amount> {
        model.price_of(JobIntent::read(model, body).seconds).map(Amount::rounded_up)
    }

    /// What a job of a model costs at most, whatever length the vendor makes of a bad request.
    pub fn worst_price(&self, model: &Model) -> Option<Amount> {
        let longest = self.durations(model).iter().map(seconds_of).max().unwrap_or(model.output.seconds);
        model.price_of(longest.max(model.output.seconds)).map(Amount::rounded_up)
    }

    /// What a job costs at most if nobody knows which model the vendor takes: the most of all known prices;
    /// `None` if no price is known.
    pub fn dearest_price(&self) -> Option<Amount> {
        self.models().filter_map(|model| self.worst_price(model)).max()
    }

    /// The unit of the vendor's prices; empty if it has none.
    pub fn unit(&self) -> &str {
        let price = self.contract.models.values().find_map(|model| model.price.as_ref());
        price.map_or("", |price| price.unit.as_str())
    }

    /// What an answer says, read as that operation's good answer.
    pub fn observe(&self, operation: Operation, answer: &Answer) -> Observation {
        let body = answer.json().unwrap_or_default();
        self.operation(operation)
            .map_or_else(Observation::default, |known| observe(known, &self.contract, &body))
    }
}

impl Image {
    /// The text that names the image in a body, by the first way of these that is possible.
    ///
    /// A file of a form is named by a handle of its own; an address needs to be known to the target.
    pub fn handed(&self, transports: &[Transport]) -> Value {
        let ways = [Transport::Part, Transport::Url, Transport::DataUri, Transport::Base64];
        let way = ways
            .into_iter()
            .find(|way| transports.contains(way) && (*way != Transport::Url || self.url.is_some()));
        self.by(way.unwrap_or(Transport::Url))
    }

    /// The text that names the image in a body, by one way.
    pub fn by(&self, way: Transport) -> Value {
        use base64::Engine as _;
        let base64 = || base64::engine::general_purpose::STANDARD.encode(&self.bytes);
        Value::String(match way {
            Transport::Part => ask::PART.to_owned(),
            Transport::Url => {
                self.url.clone().unwrap_or_else(|| "https://example.com/picture.jpg".to_owned())
            }
            Transport::DataUri => format!("data:{};base64,{}", self.content_type, base64()),
            Transport::Base64 => base64(),
        })
    }
}

/// Puts a value at a JSON Pointer, whose outer objects are made where they are missing.
pub fn put(body: &mut Value, pointer: &str, value: Value) {
    let mut held = body;
    for token in pointer.split('/').skip(1) {
        let name = unescape(token);
        if !held.is_object() {
            *held = json!({});
        }
        let Value::Object(members) = held else { return };
        held = members.entry(name).or_insert(Value::Null);
    }
    *held = value;
}

/// Takes the member at a JSON Pointer away.
pub fn remove(body: &mut Value, pointer: &str) {
    let Some((outer, token)) = pointer.rsplit_once('/') else { return };
    let name = unescape(token);
    if let Some(members) = body.pointer_mut(outer).and_then(Value::as_object_mut) {
        members.shift_remove(&name);
    }
}

/// The seconds that a value of a length means; 0 if it is no number.
pub fn seconds_of(value: &Value) -> u32 {
    let number = value.as_u64().and_then(|whole| u32::try_from(whole).ok());
    number.or_else(|| value.as_str().and_then(|text| text.parse().ok())).unwrap_or(0)
}
