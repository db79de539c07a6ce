//! The members of a request that move the camera, and how far: the vendors have members of several forms for it.

use mockreel_contracts::Role;
use mockreel_contracts::contract::Model;
use mockreel_contracts::contract::check::schema::properties;
use serde_json::{Value, json};

use crate::clause::Clause;
use crate::profile::{Profile, RequestMember, put};

/// What of a camera movement is to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadCamera {
    /// Its name.
    Movement,
    /// How far it goes.
    Value,
}

/// The member that moves the camera, and the keyword that lists its movements.
pub(super) fn camera_of<'a>(
    profile: &Profile,
    model: &'a Model,
) -> Option<(RequestMember<'a>, &'static str)> {
    place_of(profile, model, BadCamera::Movement).map(|member| (member, "enum"))
}

/// The member that holds a movement's name (with a list of them), or how far it goes (with a range).
pub(super) fn place_of<'a>(
    profile: &Profile,
    model: &'a Model,
    what: BadCamera,
) -> Option<RequestMember<'a>> {
    let keyword = match what {
        BadCamera::Movement => "enum",
        BadCamera::Value => "maximum",
    };
    let outer = [Role::CameraType, Role::CameraValue, Role::Camera]
        .into_iter()
        .filter_map(|role| profile.member(model, role))
        .map(|member| member.pointer);
    let outer: Vec<String> = outer.collect();
    let all = properties(&model.request).into_iter();
    let mut inside = all.filter(|(pointer, schema)| {
        let within = outer.iter().any(|place| pointer == place || pointer.starts_with(&format!("{place}/")));
        within && schema.get(keyword).is_some()
    });
    inside.next().map(|(pointer, schema)| RequestMember { pointer, schema })
}

/// Puts a camera movement into a body; one part of it is wrong if asked for.
pub(super) fn move_camera(profile: &Profile, model: &Model, body: &mut Value, wrong: Option<BadCamera>) {
    let name = place_of(profile, model, BadCamera::Movement);
    let value = place_of(profile, model, BadCamera::Value);
    if let Some(name) = &name {
        let listed = name.schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        // A movement along an axis takes a value; where none is to be given, one that takes none.
        let axes = ["horizontal", "simple", "zoom"];
        let axis = listed.iter().find(|word| word.as_str().is_some_and(|word| axes.contains(&word)));
        let good = axis.or(listed.first()).cloned().unwrap_or(json!("horizontal"));
        put(body, &name.pointer, if wrong == Some(BadCamera::Movement) { json!("spin") } else { good });
    }
    if let Some(value) = &value {
        put(body, &value.pointer, if wrong == Some(BadCamera::Value) { json!(11) } else { json!(5) });
    }
}

pub(super) fn camera_clause(profile: &Profile, what: BadCamera) -> Option<Clause> {
    let model = profile.model_with(|model| place_of(profile, model, what).is_some())?;
    let member = place_of(profile, model, what)?;
    profile.member_clause(model, &member, if what == BadCamera::Value { "maximum" } else { "enum" })
}

pub(super) fn no_camera(profile: &Profile, what: BadCamera) -> Option<String> {
    let offered = profile.models().any(|model| place_of(profile, model, what).is_some());
    (!offered).then(|| "no model lets the camera be moved like this".to_owned())
}
