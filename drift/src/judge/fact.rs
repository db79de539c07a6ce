//! Statements of documentation, emulator and vendor about one member, in a form in which they can be compared.

use std::collections::BTreeSet;

use crate::surface::{Node, Type};
use crate::{Kind, Severity};
use serde_json::{Value, json};

use crate::observed::shape::Shape;

/// How often a member is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Never,
    Sometimes,
    Always,
}

/// What somebody says about a member: whether it is there, and which types it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) presence: Presence,
    pub(super) types: BTreeSet<Type>,
    pub(super) null: bool,
}

impl Fact {
    /// That it is never there.
    pub(super) fn never() -> Self {
        Self { presence: Presence::Never, types: BTreeSet::new(), null: false }
    }

    /// What was seen of a member, in that many answers in which it could have been; nothing if there were none.
    pub(super) fn seen(shape: Option<&Shape>, samples: u32) -> Option<Self> {
        if samples == 0 {
            return None;
        }
        let Some(shape) = shape.filter(|shape| shape.present > 0) else { return Some(Self::never()) };
        let presence = if shape.present >= samples { Presence::Always } else { Presence::Sometimes };
        Some(Self { presence, types: shape.types.keys().copied().collect(), null: shape.nulls > 0 })
    }

    /// What is documented of a member.
    pub(super) fn documented(node: &Node, required: bool) -> Self {
        let presence = if required { Presence::Always } else { Presence::Sometimes };
        Self { presence, types: node.types.clone(), null: node.nullable }
    }

    /// Whether a document that says this leaves room for what was seen.
    pub(super) fn allows(&self, seen: &Self) -> bool {
        let there = match (self.presence, seen.presence) {
            (Presence::Never, Presence::Never) => return true,
            (Presence::Never, Presence::Sometimes | Presence::Always) => false,
            (Presence::Sometimes, _) => true,
            (Presence::Always, presence) => presence == Presence::Always,
        };
        there && self.takes_types(seen) && (self.null || !seen.null || self.is_any())
    }

    fn takes_types(&self, seen: &Self) -> bool {
        let number = |kind: Type| kind == Type::Integer && self.types.contains(&Type::Number);
        self.is_any() || seen.types.iter().all(|kind| self.types.contains(kind) || number(*kind))
    }

    /// Whether nothing is said of its type.
    fn is_any(&self) -> bool {
        self.types.is_empty() && !self.null
    }

    /// As it stands in reports.
    pub(super) fn value(&self) -> Value {
        let null = self.null.then_some("null");
        let types: Vec<&str> = self.types.iter().map(|kind| kind.name()).chain(null).collect();
        match self.presence {
            Presence::Never => json!({"present": "never"}),
            Presence::Sometimes => json!({"present": "sometimes", "types": types}),
            Presence::Always => json!({"present": "always", "types": types}),
        }
    }

    /// As a part of a sentence.
    pub(super) fn text(&self) -> String {
        let null = self.null.then_some("null");
        let types: Vec<&str> = self.types.iter().map(|kind| kind.name()).chain(null).collect();
        let types = if types.is_empty() { "anything".to_owned() } else { types.join(" or ") };
        match self.presence {
            Presence::Never => "never there".to_owned(),
            Presence::Sometimes => format!("sometimes {types}"),
            Presence::Always => format!("always {types}"),
        }
    }
}

/// What the step from what was held true to what the vendor does is called, and how bad it is for a client.
pub(super) fn step(held: &Fact, seen: &Fact) -> (Kind, Severity) {
    match (held.presence, seen.presence) {
        (Presence::Never, _) => return (Kind::MemberAdded, Severity::Compatible),
        (Presence::Always, Presence::Never) => return (Kind::MemberRemoved, Severity::Breaking),
        (Presence::Sometimes, Presence::Never) => return (Kind::MemberRemoved, Severity::Risky),
        (Presence::Sometimes | Presence::Always, Presence::Sometimes | Presence::Always) => {}
    }
    let narrower = || held.takes_types(seen);
    // Null alone says nothing of the type that a value would have.
    if held.types != seen.types && !seen.types.is_empty() && !held.types.is_empty() {
        let severity = if narrower() { Severity::Compatible } else { Severity::Breaking };
        if !narrower() || held.null == seen.null {
            return (Kind::TypeChanged, severity);
        }
    }
    if held.null != seen.null {
        let severity = if seen.null { Severity::Breaking } else { Severity::Compatible };
        return (Kind::NullableChanged, severity);
    }
    if held.presence != seen.presence {
        let lost = held.presence == Presence::Always;
        return (Kind::RequiredChanged, if lost { Severity::Risky } else { Severity::Compatible });
    }
    (Kind::TypeChanged, Severity::Risky)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(presence: Presence, types: &[Type], null: bool) -> Fact {
        Fact { presence, types: types.iter().copied().collect(), null }
    }

    #[test]
    fn a_document_leaves_room_for_what_is_narrower_and_for_nothing_else() {
        let optional = fact(Presence::Sometimes, &[Type::Number], true);
        for seen in [
            Fact::never(),
            fact(Presence::Always, &[Type::Integer], false),
            fact(Presence::Sometimes, &[], true),
        ] {
            assert!(optional.allows(&seen), "{seen:?}");
        }
        assert!(!optional.allows(&fact(Presence::Always, &[Type::String], false)));
        let demanded = fact(Presence::Always, &[Type::String], false);
        assert!(!demanded.allows(&Fact::never()));
        assert!(!demanded.allows(&fact(Presence::Sometimes, &[Type::String], false)));
        assert!(!demanded.allows(&fact(Presence::Always, &[Type::String], true)));
        assert!(fact(Presence::Sometimes, &[], false).allows(&fact(Presence::Always, &[Type::Object], true)));
        assert!(!Fact::never().allows(&demanded) && Fact::never().allows(&Fact::never()));
    }

    #[test]
    fn every_step_has_a_name_and_the_worst_is_breaking() {
        let text = fact(Presence::Always, &[Type::String], false);
        let cases = [
            (Fact::never(), text.clone(), Kind::MemberAdded, Severity::Compatible),
            (text.clone(), Fact::never(), Kind::MemberRemoved, Severity::Breaking),
            (
                text.clone(),
                fact(Presence::Always, &[Type::Integer], false),
                Kind::TypeChanged,
                Severity::Breaking,
            ),
            (
                text.clone(),
                fact(Presence::Always, &[Type::String], true),
                Kind::NullableChanged,
                Severity::Breaking,
            ),
            (
                text.clone(),
                fact(Presence::Sometimes, &[Type::String], false),
                Kind::RequiredChanged,
                Severity::Risky,
            ),
            (
                fact(Presence::Sometimes, &[Type::String], false),
                text,
                Kind::RequiredChanged,
                Severity::Compatible,
            ),
        ];
        for (held, seen, kind, severity) in cases {
            assert_eq!(step(&held, &seen), (kind, severity), "{held:?} {seen:?}");
        }
    }
}
