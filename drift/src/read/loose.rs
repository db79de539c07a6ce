//! A value and the members that it names twice, which JSON's own value would forget.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use mockreel_contracts::contract::check::schema::escape;

/// A value, and pointers to the members that are there more than once; the last of them counts.
#[derive(Debug, Default)]
pub(super) struct Loose {
    pub(super) value: Value,
    pub(super) twice: Vec<String>,
}

impl From<Value> for Loose {
    fn from(value: Value) -> Self {
        Self { value, twice: Vec::new() }
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
        Ok(Value::from(value).into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
        Ok(Value::from(value).into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
        Ok(Value::from(value).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Loose, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number).into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
        Ok(Value::from(value).into())
    }

    fn visit_string<E>(self, value: String) -> Result<Loose, E> {
        Ok(Value::from(value).into())
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Value::Null.into())
    }

    fn visit_none<E>(self) -> Result<Loose, E> {
        Ok(Value::Null.into())
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Loose, D::Error> {
        Loose::deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Loose, A::Error> {
        let (mut values, mut twice) = (Vec::new(), Vec::new());
        while let Some(item) = items.next_element::<Loose>()? {
            twice.extend(item.twice.iter().map(|below| format!("/{}{below}", values.len())));
            values.push(item.value);
        }
        Ok(Loose { value: Value::Array(values), twice })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Loose, A::Error> {
        let (mut held, mut twice) = (Map::new(), Vec::new());
        while let Some((key, inner)) = members.next_entry::<String, Loose>()? {
            let here = format!("/{}", escape(&key));
            twice.extend(inner.twice.iter().map(|below| format!("{here}{below}")));
            if held.insert(key, inner.value).is_some() {
                twice.push(here);
            }
        }
        Ok(Loose { value: Value::Object(held), twice })
    }
}
