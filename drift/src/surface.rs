//! A vendor's offer as one description states it: the form in which descriptions are compared.
//!
//! A contract, an OpenAPI file, a folder of them and recorded answers all become a [`Surface`]. References
//! are followed, alternatives are merged, the spellings of OpenAPI 3.0 and 3.1 are one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use indexmap::IndexMap;
use serde_json::Value;

use super::finding::{Finding, UnusedPart};

/// The bounds that are compared, and the type that each speaks of.
pub(crate) const LIMITS: [(&str, &[Type]); 13] = [
    ("minimum", &[Type::Number, Type::Integer]),
    ("maximum", &[Type::Number, Type::Integer]),
    ("exclusiveMinimum", &[Type::Number, Type::Integer]),
    ("exclusiveMaximum", &[Type::Number, Type::Integer]),
    ("multipleOf", &[Type::Number, Type::Integer]),
    ("minLength", &[Type::String]),
    ("maxLength", &[Type::String]),
    ("pattern", &[Type::String]),
    ("minItems", &[Type::Array]),
    ("maxItems", &[Type::Array]),
    ("uniqueItems", &[Type::Array]),
    ("minProperties", &[Type::Object]),
    ("maxProperties", &[Type::Object]),
];

/// What a vendor offers, as one description says.
#[derive(Clone, Debug, Default)]
pub struct Surface {
    /// How the description is named in reports: a file, `VENDOR@EDITION`, a folder.
    pub name: String,
    /// The vendor's id; empty if nobody says.
    pub vendor: String,
    /// Of what it is a whole description.
    pub extent: Extent,
    /// The addresses before all paths, sorted.
    pub servers: Vec<String>,
    /// The paths of those addresses, sorted.
    pub prefixes: Vec<String>,
    /// What can be asked.
    pub endpoints: Vec<Endpoint>,
    /// What the vendor asks of its clients: webhooks and callbacks.
    pub incoming: Vec<Endpoint>,
    /// Schemas of a document that has no paths, by name.
    pub schemas: BTreeMap<String, Node>,
    /// Schemas that nothing uses, by file and name, words stripped.
    pub unreachable: BTreeMap<String, Value>,
    /// What is wrong in the description itself.
    pub defects: Vec<Finding>,
    /// What it says and the form does not hold.
    pub unused: Vec<UnusedPart>,
    /// Forms that lead back to themselves: they live as long as the surface.
    pub definitions: Vec<Arc<Node>>,
    /// SHA-256 of the bytes that it was read from, all files together; absent if it was not read from any.
    pub digest: Option<[u8; 32]>,
}

/// Of what a description is whole: what it does not mention there does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Of nothing: one file, or answers. Others may describe the rest.
    #[default]
    Part,
    /// Of the models of the operations that it has: a folder with a file for each model.
    Models,
    /// Of the vendor: a contract.
    Vendor,
}

/// One method on one path.
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    /// Our name of the operation, if it is known: `submit`, `poll`.
    pub operation: Option<String>,
    /// Upper case.
    pub method: String,
    /// The path, as written.
    pub path: String,
    /// The path without what a server puts before it; empty if only answers are known.
    pub bare: String,
    /// The addresses that serve it, where it names its own.
    pub servers: Option<Vec<String>>,
    /// Whether it is marked as deprecated.
    pub deprecated: bool,
    /// JSON Pointer to it.
    pub pointer: String,
    /// Whether a credential is needed.
    pub security: Security,
    /// The parameters of the query, as the members of an object.
    pub query: Node,
    /// The headers and cookies that are asked for, as the members of an object.
    pub headers: Node,
    /// The parameters within the path, by their position from 1.
    pub segments: Node,
    /// Bodies, by the model that they are for; `""` where no member names a model.
    pub requests: BTreeMap<String, BodyForm>,
    /// Answers, by status as it is written: `200`, `4XX`, `default`.
    pub replies: BTreeMap<String, BodyForm>,
}

/// A body, as one file describes it.
#[derive(Clone, Debug, Default)]
pub struct BodyForm {
    /// The content types, sorted; empty if nothing is said.
    pub media_types: Vec<String>,
    /// Its form; absent if nothing is said.
    pub node: Option<Node>,
    /// The forms under further content types, where they differ from that.
    pub others: BTreeMap<String, Node>,
    /// Of an answer: its headers, as the members of an object, in lower case.
    pub headers: Node,
    /// Whether there must be one.
    pub required: bool,
    /// JSON Pointer to it.
    pub pointer: String,
    /// The file that says so, if the surface has several.
    pub file: Option<String>,
}

/// Whether a credential is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// None is needed, or nothing is said.
    #[default]
    None,
    /// One is declared, but demanded nowhere: by these schemes.
    Declared(BTreeSet<String>),
    /// One of these schemes is demanded.
    Demanded(BTreeSet<String>),
}

/// The type of a JSON value. Whole numbers are numbers too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// An object.
    Object,
    /// An array.
    Array,
    /// Text.
    String,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
}

/// The form of a value.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// JSON Pointer into the document, at the place where references led.
    pub pointer: String,
    /// The types it may have, null aside; empty means any.
    pub types: BTreeSet<Type>,
    /// Whether the types are concluded from what is said of members or items, so that others are not ruled out.
    pub is_inferred: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// The values it may have, numbers first, each kind in its order; absent if they are not listed.
    pub values: Option<Vec<Value>>,
    /// Bounds, by their keyword: `minimum`, `maxLength`, `maxItems`, `pattern`.
    pub limits: BTreeMap<String, Value>,
    /// The form of a text.
    pub format: Option<String>,
    /// What is taken if it is left out.
    pub default: Option<Value>,
    /// Whether it is marked as deprecated.
    pub deprecated: bool,
    /// What is said about it.
    pub text: String,
    /// The members of an object, in order of declaration.
    pub members: IndexMap<String, MemberForm>,
    /// Whether other members are refused.
    pub closed: bool,
    /// The items of an array.
    pub items: Option<Arc<Node>>,
    /// Forms that keywords of their own give: `not`, `contains`, `prefixItems/0`, `patternProperties/^x`.
    pub parts: BTreeMap<String, Arc<Node>>,
    /// The forms of which the value keeps one, where the rest of this node says less than they do.
    pub alternatives: Vec<Arc<Node>>,
    /// What tells the alternatives apart.
    pub discriminator: Option<Discriminator>,
    /// Forms that lead back to themselves, and that the value keeps as well.
    pub links: Vec<Link>,
    /// Whether no value keeps it.
    pub never: bool,
    /// How it is written where it is a parameter or a part of a form, if that could be done in several ways.
    pub style: Option<String>,
    /// Whether only answers have it.
    pub read_only: bool,
    /// Whether only requests have it.
    pub write_only: bool,
    /// Whether nothing is known of it, because a reference to it is broken.
    pub unknown: bool,
    /// In how many answers it was, if it was inferred from answers.
    pub seen: Option<Seen>,
}

/// A member of an object.
#[derive(Clone, Debug, Default)]
pub struct MemberForm {
    /// Whether it must be there. Of an inferred form: whether it always was.
    pub required: bool,
    /// Its form.
    pub node: Arc<Node>,
}

/// A member whose value says which of several forms an object has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discriminator {
    /// The member's name.
    pub property: String,
    /// The words of its value, each with the name of the form.
    pub words: BTreeMap<String, String>,
}

/// A form that is referred to before it is complete, because it leads back to itself.
#[derive(Clone, Default)]
pub struct Link {
    /// Where it stands in its description.
    pub pointer: String,
    target: Arc<OnceLock<Weak<Node>>>,
}

impl Link {
    /// A link to a form that is not known yet.
    pub(crate) fn new(pointer: &str) -> Self {
        Self { pointer: pointer.to_owned(), target: Arc::default() }
    }

    /// Makes the form known. The surface keeps it alive.
    pub(crate) fn set(&self, node: &Arc<Node>) {
        let _ = self.target.set(Arc::downgrade(node));
    }

    /// The form; `None` if its surface is gone.
    pub fn follow(&self) -> Option<Arc<Node>> {
        self.target.get()?.upgrade()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.pointer).finish()
    }
}

/// In how many answers a value was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Answers in which it could have been: those in which what it is a member of was.
    pub samples: u32,
    /// Answers in which it was.
    pub present: u32,
    /// Answers in which it was an object, so that it could have had members.
    pub objects: u32,
    /// When it was first seen; empty if nobody says.
    pub first: String,
    /// When it was last seen; empty if nobody says.
    pub last: String,
}

impl Type {
    /// The word of JSON Schema.
    pub fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
        }
    }

    /// The type that a word of JSON Schema names; `null` is none.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Object, Self::Array, Self::String, Self::Number, Self::Integer, Self::Boolean]
            .into_iter()
            .find(|held| held.name() == word)
    }

    /// The type of a value; `None` of null.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Bool(_) => Some(Self::Boolean),
            Value::Number(number) if number.is_f64() && number.as_f64().is_some_and(|n| n.fract() != 0.0) => {
                Some(Self::Number)
            }
            Value::Number(_) => Some(Self::Integer),
            Value::String(_) => Some(Self::String),
            Value::Array(_) => Some(Self::Array),
            Value::Object(_) => Some(Self::Object),
        }
    }
}

impl Surface {
    /// Whether it was inferred from answers.
    pub fn is_observed(&self) -> bool {
        self.endpoints.iter().any(Endpoint::is_observed)
    }
}

impl Node {
    /// Whether it says nothing at all, as `{}` does.
    pub fn is_silent(&self) -> bool {
        self.types.is_empty()
            && !self.nullable
            && self.values.is_none()
            && self.members.is_empty()
            && self.items.is_none()
            && self.parts.is_empty()
            && self.alternatives.is_empty()
            && self.links.is_empty()
            && self.limits.is_empty()
            && !self.never
            && !self.unknown
            && !self.closed
            && self.seen.is_none()
    }

    /// Whether null keeps it.
    pub fn takes_null(&self) -> bool {
        let anything = self.types.is_empty() && self.values.is_none() && !self.never && self.seen.is_none();
        self.nullable || anything
    }
}

impl Endpoint {
    /// Whether it was inferred from answers.
    pub fn is_observed(&self) -> bool {
        self.replies.values().any(|body| body.node.as_ref().is_some_and(|node| node.seen.is_some()))
    }

    /// Our name of the operation, or method and path.
    pub fn name(&self) -> String {
        self.operation.clone().unwrap_or_else(|| format!("{} {}", self.method, self.path))
    }
}

impl Security {
    /// The schemes, whether they are demanded or only declared.
    pub fn schemes(&self) -> BTreeSet<String> {
        match self {
            Self::None => BTreeSet::new(),
            Self::Declared(schemes) | Self::Demanded(schemes) => schemes.clone(),
        }
    }
}

/// Puts values in the order in which reports list them: numbers by size, then texts.
pub fn sort_values(values: &mut Vec<Value>) {
    values.sort_by(|one, other| match (one.as_f64(), other.as_f64()) {
        (Some(held), Some(limit)) => held.total_cmp(&limit),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => one.to_string().cmp(&other.to_string()),
    });
    values.dedup();
}
