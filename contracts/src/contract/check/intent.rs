//! Intent of a submit, in our words, read by the roles of its members.

use std::borrow::Cow;

use serde_json::Value;

use crate::contract::check::cross_field::BrokenCombination;
use crate::contract::check::image::{ImageRole, slots};
use crate::contract::check::schema::properties;
use crate::contract::model::Model;
use crate::role::Role;

/// What a request asks for. Read from a body that keeps its schema; whatever is not there is `None` or `false`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobIntent {
    /// The prompt.
    pub prompt: Option<String>,
    /// Length of the clip in seconds: what was asked for, else the default, else what the model makes.
    pub seconds: u32,
    /// Width to height.
    pub aspect: Option<(u32, u32)>,
    /// There is an image for the first frame.
    pub first: bool,
    /// There is an image for the last frame.
    pub tail: bool,
    /// There are masks, static or dynamic.
    pub masks: bool,
    /// The video is to have sound: what was asked for, else the default.
    pub sound: bool,
    /// The camera is told to move.
    pub camera: Option<Camera>,
    /// The first rule about several members that it breaks.
    pub broken_combination: Option<BrokenCombination>,
}

/// A camera movement.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    /// The movement's name.
    pub movement: String,
    /// The six values of a simple movement, if given: how many of them are not zero.
    pub non_zero: Option<usize>,
}

impl JobIntent {
    /// Reads what a body asks a model for.
    pub fn read(model: &Model, body: &Value) -> Self {
        let roles = Roles { members: model.role_members(), body };
        let text = |role: Role| roles.value(role).and_then(Value::as_str).map(str::to_owned);
        let images = slots(&model.request, body);
        let has = |role: ImageRole| images.iter().any(|slot| slot.rules.role == role);
        Self {
            prompt: roles.prompt().map(Cow::into_owned),
            seconds: seconds(&roles).unwrap_or(model.output.seconds),
            aspect: text(Role::AspectRatio).as_deref().and_then(ratio),
            first: has(ImageRole::First),
            tail: has(ImageRole::Tail),
            masks: has(ImageRole::Mask) || roles.value(Role::StaticMask).is_some(),
            sound: roles.asks_for_sound(),
            camera: camera(&roles),
            broken_combination: model.broken_combination(body).cloned(),
        }
    }
}

/// The prompt of a request: the member of that role, else the prompts of its shots, one a line.
pub fn prompt<'a>(model: &'a Model, body: &'a Value) -> Option<Cow<'a, str>> {
    Roles { members: model.role_members(), body }.prompt()
}

/// The JSON Pointer to the first member with a role that a schema declares.
pub fn place_of(schema: &Value, role: Role) -> Option<String> {
    properties(schema)
        .into_iter()
        .find(|(_, member)| Role::of(member) == Some(role))
        .map(|(pointer, _)| pointer)
}

/// A member of a request that has a role.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RoleMember {
    role: Role,
    /// The JSON Pointer to it.
    pointer: String,
    schema: Value,
}

impl RoleMember {
    /// Those that a schema declares.
    pub(crate) fn list(schema: &Value) -> Vec<Self> {
        let member = |(pointer, schema): (String, &Value)| {
            Some(Self { role: Role::of(schema)?, pointer, schema: schema.clone() })
        };
        properties(schema).into_iter().filter_map(member).collect()
    }
}

/// A body beside the members with roles that its schema declares.
struct Roles<'a> {
    members: &'a [RoleMember],
    body: &'a Value,
}

impl<'a> Roles<'a> {
    /// The members with a role.
    fn with(&self, role: Role) -> impl Iterator<Item = &'a RoleMember> {
        self.members.iter().filter(move |member| member.role == role)
    }

    fn prompt(&self) -> Option<Cow<'a, str>> {
        if let Some(prompt) = self.value(Role::Prompt).and_then(Value::as_str) {
            return Some(Cow::Borrowed(prompt));
        }
        let shots = self.value(Role::Shots)?.as_array()?.iter();
        let prompts = shots.filter_map(|shot| shot.as_str().or_else(|| shot.get("prompt")?.as_str()));
        let prompts: Vec<&str> = prompts.collect();
        (!prompts.is_empty()).then(|| Cow::Owned(prompts.join("\n")))
    }

    /// Whether a member asks for sound, or does where it is absent.
    fn asks_for_sound(&self) -> bool {
        let default = || self.with(Role::Sound).find_map(|member| member.schema.get("default"));
        self.value(Role::Sound).or_else(default).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The value of the member with a role, `null` and absent alike being none.
    fn value(&self, role: Role) -> Option<&'a Value> {
        self.with(role).find_map(|member| crate::contract::present(self.body, &member.pointer))
    }
}

fn seconds(roles: &Roles<'_>) -> Option<u32> {
    let default =
        || roles.with(Role::Duration).find_map(|member| member.schema.get("default").and_then(whole_number));
    roles.value(Role::Duration).and_then(whole_number).or_else(default)
}

fn whole_number(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => number.as_u64().and_then(|whole| u32::try_from(whole).ok()),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads `16:9`.
fn ratio(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once(':')?;
    Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
}

/// The movements along one axis, which a value of zero leaves standing still (the maker's names).
const AXES: [&str; 6] = ["horizontal", "vertical", "zoom", "tilt", "pan", "roll"];

fn camera(roles: &Roles<'_>) -> Option<Camera> {
    if let Some(control) = roles.value(Role::Camera) {
        let movement = control.as_str().or_else(|| control.get("type").and_then(Value::as_str));
        let config = control.get("config").and_then(Value::as_object);
        let non_zero =
            config.map(|values| values.values().filter(|value| value.as_f64() != Some(0.0)).count());
        return Some(Camera { movement: movement.unwrap_or("simple").to_owned(), non_zero });
    }
    let movement = roles.value(Role::CameraType).and_then(Value::as_str)?;
    let value = roles.value(Role::CameraValue).and_then(Value::as_f64);
    let still = movement == "empty" || (AXES.contains(&movement) && value == Some(0.0));
    (!still).then(|| Camera { movement: movement.to_owned(), non_zero: None })
}
