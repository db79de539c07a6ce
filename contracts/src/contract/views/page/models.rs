//! The models: what they take, what they make, what they cost and how long they take.

use std::fmt::Write as _;

use super::markdown::{block, bold, code, prose, table};
use super::members::members;
use super::sourced;
use crate::contract::Contract;
use crate::contract::check::cross_field::stated;
use crate::contract::check::schema::properties;
use crate::contract::model::output::SoundRule;
use crate::contract::model::{Lifecycle, Model, Per};
use crate::contract::views::examples::{full, minimal};
use crate::role::Role;
use serde_json::Value;

/// When a video of a model has sound.
pub(super) fn sound_phrase(model: &Model) -> String {
    let members = properties(&model.request);
    let member = members.iter().find(|(_, schema)| Role::of(schema) == Some(Role::Sound));
    match (model.output.sound, member) {
        (SoundRule::Always, _) => "always with sound".to_owned(),
        (SoundRule::ByRequest, None) => "no sound".to_owned(),
        (SoundRule::ByRequest, Some((pointer, schema))) => {
            let default = schema.get("default").and_then(Value::as_bool).unwrap_or_default();
            let unless = if default { "sound unless" } else { "sound if" };
            format!("{unless} {} is {}", code(pointer.trim_start_matches('/')), !default)
        }
    }
}

/// The section on models.
pub(super) fn section(contract: &Contract) -> String {
    let mut told = "## Models\n\n".to_owned();
    let rows = contract.models.values().map(|model| {
        let [width, height] = model.output.pixels;
        let made = format!(
            "{width}x{height} pixels, {} frames a second, {} s ({} frames), {}",
            model.output.fps,
            model.output.seconds,
            model.output.frames(model.output.seconds),
            sound_phrase(model)
        );
        let maker = model.maker.as_ref().map(|maker| {
            let mode = if maker.mode.is_empty() { "no mode".to_owned() } else { code(&maker.mode) };
            format!("{}, {mode} ({})", code(&maker.model), sourced(contract, &maker.source))
        });
        vec![
            code(&model.id),
            prose(&model.title),
            standing(model.lifecycle).to_owned(),
            sourced(contract, &model.source),
            format!("{made} ({})", sourced(contract, &model.output.source)),
            maker.unwrap_or_default(),
        ]
    });
    let headers = [
        "Model",
        "Name",
        "Standing",
        "Sources",
        "Makes, unless asked otherwise",
        "The maker's model and mode",
    ];
    told.push_str(&table(&headers, rows));
    told.push_str("\n### Prices and observed durations\n\n");
    let rows = contract.models.values().map(|model| {
        let [soonest, latest] = model.observed.queued;
        let [shortest, longest] = model.observed.running;
        vec![
            code(&model.id),
            price(contract, model),
            format!("{soonest} to {latest}"),
            format!("{shortest} to {longest}"),
            sourced(contract, &model.observed.source),
        ]
    });
    let headers =
        ["Model", "Price", "Queued, seconds", "Running, seconds (clip of 5 s)", "Sources of durations"];
    told.push_str(&table(&headers, rows));
    told.push('\n');
    for model in contract.models.values() {
        told.push_str(&one(contract, model));
    }
    told
}

fn one(contract: &Contract, model: &Model) -> String {
    let mut told = format!("### {}\n\n", code(&model.id));
    let rows = members(contract, &model.request);
    told.push_str(if rows.is_empty() { "It takes any body.\n" } else { &rows });
    for (text, cited) in stated(&model.request) {
        let _ = write!(
            told,
            "\n{}: {} ({})\n",
            bold("What goes together"),
            prose(&text),
            sourced(contract, &cited)
        );
    }
    let least = minimal(model, &[]);
    let most = full(model, &[]);
    let _ = write!(told, "\n{}\n\n{}\n", bold("The least that is accepted"), block(&least));
    if most != least {
        let _ = write!(told, "{}\n\n{}\n", bold("With everything that goes together"), block(&most));
    }
    told
}

fn price(contract: &Contract, model: &Model) -> String {
    let Some(price) = &model.price else { return "not known".to_owned() };
    let per = match price.per {
        Per::Job => "a job",
        Per::Second => "a second",
    };
    format!("{} {} {per} ({})", price.amount, prose(&price.unit), sourced(contract, &price.source))
}

fn standing(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Active => "",
        Lifecycle::Deprecated => "announced to end",
        Lifecycle::Retired => "no longer offered",
    }
}
