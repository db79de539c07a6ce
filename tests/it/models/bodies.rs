//! Every rule of every model's schema is enforced: a body that breaks just one is refused, and no other.

use std::collections::BTreeSet;

use mockreel_contracts::contract::check::rules::Checker;
use mockreel_contracts::contract::views::examples::{breaks, complete, good, minimal};
use serde_json::Value;

use super::{instant, submit};
use crate::support::{Caller, KEY, fixture};

/// Choices that go through a list of numbers made of a seed.
fn choices(seed: usize) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_just_bad_body_of_every_model_is_refused_and_good_ones_are_accepted() {
    let (emulator, vendor) = instant().await;
    let contract = &vendor.contract;
    let refusals = Checker::new(contract.problem_schema.clone()).unwrap();
    let image = fixture(&emulator, "square.jpg");
    let images = [image.as_str()];
    let (mut refused, mut accepted) = (0, 0);
    let mut broken: BTreeSet<&str> = BTreeSet::new();
    for (number, model) in contract.models.values().enumerate() {
        // A key for each, so that no account has hundreds of jobs.
        let caller = Caller::with_key(&format!("{KEY}-{number}"));
        let sound: Vec<Value> = [minimal(model, &images), complete(model, &images)]
            .into_iter()
            .chain((0..4).map(|seed| good(model, &mut choices(seed), &images)))
            .collect();
        for body in &sound {
            let answer = submit(&emulator, &caller, contract, body).await;
            assert_eq!(answer.status, 200, "{}: {} for {body}", model.id, answer.text());
            accepted += 1;
        }
        // The last is one of those that were chosen, so that alternatives have their turn.
        for body in [&sound[1], &sound[5]] {
            for bad in breaks(model, body, &images) {
                let answer = submit(&emulator, &caller, contract, &bad.body).await;
                let told = format!("{} {} {}: {}", model.id, bad.rule, bad.pointer, answer.text());
                assert_eq!(answer.status, 400, "{told}");
                assert!(refusals.accepts(&answer.json()), "{told}");
                let message = answer.json()["message"].as_str().unwrap().to_owned();
                assert!(message.starts_with("Body validation error\n"), "{told}");
                broken.insert(bad.rule);
                refused += 1;
            }
        }
    }
    for rule in
        ["required", "type", "enum", "minimum", "maximum", "max_length", "min_items", "max_items", "url"]
    {
        assert!(broken.contains(rule), "no body broke {rule}");
    }
    assert!(refused > 2000 && accepted > 250, "{refused} refused, {accepted} accepted");
}
