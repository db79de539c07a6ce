//! Cross-field rules: the keyword `x-together` of a request's schema.
//!
//! A vendor's schema says what each member may be; that two members exclude each other is often only in its
//! prose, and whether a breach is refused or fails nobody knows. So these rules are kept apart from the
//! schema: a body that breaks one is valid, and what becomes of it is judged with the rules of the maker.

use serde::Deserialize;
use serde_json::Value;

use crate::contract::check::rules::Checker;
use crate::contract::model::source::Cited;

/// The keyword: a list of rules.
pub const KEYWORD: &str = "x-together";

/// One rule as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The member that is named when it is broken.
    member: String,
    /// What is said then.
    text: String,
    /// The schema that the body keeps.
    keeps: Value,
    /// Where it is from.
    #[serde(rename = "x-source")]
    source: Cited,
}

/// What of a request must go together, ready to judge bodies.
#[derive(Debug, Default)]
pub struct CrossFieldRules(Vec<(BrokenCombination, Checker)>);

/// A rule that a body breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenCombination {
    /// Name of the member that does not go with the others.
    pub member: String,
    /// What is wrong.
    pub text: String,
}

impl CrossFieldRules {
    /// Reads the rules of a request's schema; none if it states none.
    ///
    /// # Errors
    ///
    /// Says which rule has not its form, or holds no valid schema.
    pub fn of(schema: &Value) -> Result<Self, String> {
        let Some(stated) = schema.get(KEYWORD) else { return Ok(Self::default()) };
        let written: Vec<Written> =
            Vec::deserialize(stated).map_err(|error| format!("`{KEYWORD}`: {error}"))?;
        let rules = written.into_iter().map(|rule| {
            if rule.source.names().is_empty() {
                return Err(format!("`{KEYWORD}` of {}: it names no source", rule.member));
            }
            let checker = Checker::new(rule.keeps)
                .map_err(|error| format!("`{KEYWORD}` of {}: {error}", rule.member))?;
            Ok((BrokenCombination { member: rule.member, text: rule.text }, checker))
        });
        rules.collect::<Result<_, _>>().map(Self)
    }

    /// The first rule that a body breaks.
    pub fn first_broken(&self, body: &Value) -> Option<&BrokenCombination> {
        self.0.iter().find(|(_, checker)| !checker.accepts(body)).map(|(broken, _)| broken)
    }
}

/// What the rules of a request's schema say, and where each is from.
pub fn stated(schema: &Value) -> Vec<(String, Cited)> {
    let written = schema.get(KEYWORD).and_then(|stated| Vec::<Written>::deserialize(stated).ok());
    written.into_iter().flatten().map(|rule| (rule.text, rule.source)).collect()
}

/// Whether the rules of a request's schema speak of a member.
pub fn speaks_of(schema: &Value, name: &str) -> bool {
    schema.get(KEYWORD).is_some_and(|stated| mentions(stated, name))
}

/// Whether a schema has a member among its properties or those that it requires, however deep.
fn mentions(schema: &Value, name: &str) -> bool {
    match schema {
        Value::Object(keywords) => keywords.iter().any(|(keyword, value)| match (keyword.as_str(), value) {
            ("properties", Value::Object(members)) => {
                members.contains_key(name) || members.values().any(|member| mentions(member, name))
            }
            ("required", Value::Array(names)) => names.iter().any(|held| held == name),
            _ => mentions(value, name),
        }),
        Value::Array(parts) => parts.iter().any(|part| mentions(part, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({"properties": {"prompt": {}, "shots": {}}, "x-together": [{
            "member": "prompt", "text": "one of both", "x-source": "page",
            "keeps": {"oneOf": [{"required": ["prompt"]}, {"required": ["shots"]}]},
        }]})
    }

    #[test]
    fn a_body_that_breaks_a_rule_is_told_which() {
        let together = CrossFieldRules::of(&schema()).unwrap();
        assert_eq!(together.first_broken(&json!({"prompt": "x"})), None);
        let unmet = BrokenCombination { member: "prompt".to_owned(), text: "one of both".to_owned() };
        for body in [json!({}), json!({"prompt": "x", "shots": []})] {
            assert_eq!(together.first_broken(&body), Some(&unmet), "{body}");
        }
        assert!(speaks_of(&schema(), "shots") && !speaks_of(&schema(), "one of both"));
    }

    #[test]
    fn a_rule_without_its_form_is_told() {
        for (key, value, said) in [
            ("keeps", json!({"type": "nothing"}), "`x-together` of prompt: "),
            ("text", json!(7), "`x-together`: invalid type"),
            ("when", json!({}), "unknown field `when`"),
        ] {
            let mut broken = schema();
            broken["x-together"][0][key] = value;
            let error = CrossFieldRules::of(&broken).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
