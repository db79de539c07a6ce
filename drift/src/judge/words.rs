//! Words of a closed set, and the statuses of good answers.

use std::collections::BTreeSet;

use crate::surface::{Endpoint, Node};
use mockreel_contracts::contract::check::schema::escape;
use serde_json::{Value, json};

use super::found::{JudgedPlace, beside};
use super::{Judge, KeptShapes, Statement, Triple};
use crate::observed::Observed;
use crate::observed::shape::Shape;
use crate::verdict::Statements;

impl Judge<'_> {
    /// The status of good answers.
    pub(super) fn status(&mut self, operation: &str, docs: Option<&Endpoint>) {
        let good = |seen: Option<&Observed>| -> Option<BTreeSet<u16>> {
            let all = seen?.statuses(operation);
            let good: BTreeSet<u16> = all.into_iter().filter(|status| (200..300).contains(status)).collect();
            Some(good).filter(|good| !good.is_empty())
        };
        let live = good(self.sides.live);
        let emulator = good(self.sides.emulator);
        let stated: BTreeSet<u16> = docs
            .into_iter()
            .flat_map(|held| held.replies.keys())
            .filter_map(|held| held.parse().ok())
            .filter(|status| (200..300).contains(status))
            .collect();
        let stated = Some(stated).filter(|stated| !stated.is_empty());
        let said = Statements { docs: None, emulator, live, previous: good(self.sides.previous) };
        let said = beside(stated, &said, |stated, seen| seen.is_subset(stated));
        self.found.add(JudgedPlace::status(operation, &said));
    }

    /// Words that the vendor uses and the contract does not list, states of jobs taken together: a state is told by
    /// such a word, so a new word has no state yet.
    pub(super) fn words(&mut self, operation: &str, status: u16, docs: Statement<'_>) {
        let merged = |kept: &KeptShapes| -> Option<Shape> {
            let mut all = Shape::default();
            for (kind, shape) in kept.as_ref()? {
                if kind.operation == operation && kind.status == status {
                    all.merge(shape);
                }
            }
            Some(all)
        };
        let all = Triple {
            emulator: merged(&self.emulator),
            live: merged(&self.live),
            previous: merged(&self.previous),
        };
        let place = format!("{operation}.reply/{status}");
        self.words_below(
            &place,
            "",
            docs,
            Triple {
                emulator: all.emulator.as_ref(),
                live: all.live.as_ref(),
                previous: all.previous.as_ref(),
            },
        );
    }

    fn words_below(&mut self, place: &str, pointer: &str, docs: Statement<'_>, seen: Triple<Option<&Shape>>) {
        let node = match docs {
            Statement::This(node) => Some(node),
            Statement::Nothing => None,
        };
        let leading = seen.live.filter(|shape| shape.present > 0).or(seen.emulator);
        let Some(leading) = leading else { return };
        if leading.listed {
            self.new_words(place, pointer, node, seen);
        }
        for name in leading.members.keys() {
            let inner = format!("{pointer}/{}", escape(name));
            let member = node.and_then(|node| node.members.get(name));
            let member = member.map_or(Statement::Nothing, |member| Statement::This(&member.node));
            let shapes = seen.map(|shape| shape.and_then(|shape| shape.members.get(name)));
            self.words_below(place, &inner, member, shapes);
        }
        if leading.items.is_some() {
            let items =
                node.and_then(|node| node.items.as_deref()).map_or(Statement::Nothing, Statement::This);
            let shapes = seen.map(|shape| shape.and_then(|shape| shape.items.as_deref()));
            self.words_below(place, &format!("{pointer}/*"), items, shapes);
        }
    }

    fn new_words(&mut self, place: &str, pointer: &str, node: Option<&Node>, seen: Triple<Option<&Shape>>) {
        let Some(stated) = node.and_then(|node| node.values.as_ref()) else { return };
        let new = |shape: Option<&Shape>| -> Option<Vec<Value>> {
            let shape = shape.filter(|shape| shape.present > 0)?;
            let words = shape.words.values().map(|(value, _)| value);
            Some(words.filter(|value| !stated.contains(value)).cloned().collect())
        };
        let found = seen.map(new);
        // Which of the listed words came depends on how long was looked; only what is not listed tells something.
        let leading = found.live.as_ref().or(found.emulator.as_ref());
        if leading.is_none_or(Vec::is_empty) {
            return;
        }
        let said = Statements {
            docs: Some(Vec::new()),
            emulator: found.emulator,
            live: found.live,
            previous: found.previous,
        };
        let shape = seen.live.filter(|shape| shape.present > 0).or(seen.emulator);
        self.found.add(JudgedPlace::words(place, pointer, &said, &json!(stated), shape));
    }
}
