//! The length of a time: so many seconds, or drawn from a distribution.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::random::Draw;

/// The longest that can be ordered, in seconds: a hundred years.
pub(crate) const LONGEST_SECONDS: f64 = 100.0 * 365.25 * 86_400.0;

/// How long something takes, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// Always the same.
    Fixed(f64),
    /// Evenly between two bounds.
    Between(f64, f64),
    /// Mostly short, sometimes long: the exponential distribution with this mean.
    Exponential(f64),
    /// Around a median, with a long tail: the log-normal distribution with this standard deviation of the logarithm.
    LogNormal(f64, f64),
}

impl Span {
    /// Draws how long it takes, in milliseconds.
    pub fn draw(self, draw: &mut Draw) -> u64 {
        let seconds = match self {
            Self::Fixed(seconds) => seconds,
            Self::Between(low, high) => draw.between(low, high),
            Self::Exponential(mean) => -mean * unit(draw).ln(),
            Self::LogNormal(median, sigma) => {
                // The transform of Box and Muller makes a normal deviate of two even ones.
                let (radius, angle) = ((-2.0 * unit(draw).ln()).sqrt(), std::f64::consts::TAU * unit(draw));
                median * (sigma * radius * angle.cos()).exp()
            }
        };
        (seconds.clamp(0.0, LONGEST_SECONDS) * 1000.0).round() as u64
    }
}

/// An even draw from (0, 1]: a logarithm follows.
fn unit(draw: &mut Draw) -> f64 {
    1.0 - draw.between(0.0, 1.0)
}

/// What a span looks like when it is more than a number.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Spread {
    Between([f64; 2]),
    Exponential(f64),
    LogNormal { median: f64, sigma: f64 },
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Fixed(seconds) => serializer.serialize_f64(seconds),
            Self::Between(low, high) => Spread::Between([low, high]).serialize(serializer),
            Self::Exponential(mean) => Spread::Exponential(mean).serialize(serializer),
            Self::LogNormal(median, sigma) => Spread::LogNormal { median, sigma }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor)
    }
}

struct SpanVisitor;

impl<'de> Visitor<'de> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a number of seconds, or {\"between\":[LOW,HIGH]}, {\"exponential\":MEAN} or {\"log_normal\":{\"median\":M,\"sigma\":S}}",
        )
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Span, E> {
        sound(seconds).map(Span::Fixed)
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Span, E> {
        sound(seconds as f64).map(Span::Fixed)
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Span, E> {
        sound(seconds as f64).map(Span::Fixed)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Span, A::Error> {
        match Spread::deserialize(de::value::MapAccessDeserializer::new(map))? {
            Spread::Between([low, high]) if low <= high => Ok(Span::Between(sound(low)?, sound(high)?)),
            Spread::Between([low, high]) => Err(de::Error::custom(format!(
                "`between` is {low} to {high}: expected the lower bound first"
            ))),
            Spread::Exponential(mean) => sound(mean).map(Span::Exponential),
            Spread::LogNormal { median, sigma } if (0.0..=10.0).contains(&sigma) => {
                sound(median).map(|median| Span::LogNormal(median, sigma))
            }
            Spread::LogNormal { sigma, .. } => {
                Err(de::Error::custom(format!("`sigma` is {sigma}: expected a number from 0 to 10")))
            }
        }
    }
}

fn sound<E: de::Error>(seconds: f64) -> Result<f64, E> {
    if (0.0..=LONGEST_SECONDS).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(E::custom(format!(
            "{seconds} is no time: expected a number of seconds from 0 to {LONGEST_SECONDS}"
        )))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let spread = generator.subschema_for::<Spread>();
        json_schema!({
            "description": "Seconds: a number, or a distribution to draw from",
            "oneOf": [{"type": "number", "minimum": 0, "maximum": LONGEST_SECONDS}, spread],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::sketch;

    fn mean(span: Span) -> f64 {
        let draws = 20_000;
        let sum: f64 = (0..draws).map(|number| span.draw(&mut sketch(number)) as f64 / 1000.0).sum();
        sum / draws as f64
    }

    #[test]
    fn a_span_has_the_mean_of_its_distribution() {
        for (span, expected) in [
            (Span::Fixed(3.0), 3.0),
            (Span::Between(2.0, 4.0), 3.0),
            (Span::Exponential(3.0), 3.0),
            // The mean of a log-normal distribution is its median times e to half the variance.
            (Span::LogNormal(3.0, 0.5), 3.0 * (0.125_f64).exp()),
        ] {
            let found = mean(span);
            assert!((found - expected).abs() < 0.1, "{span:?}: {found}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_is() {
        for (text, said) in [
            ("-1", "expected a number of seconds"),
            ("1e300", "expected a number of seconds"),
            ("\"soon\"", "a number of seconds, or {\"between\""),
            ("{\"between\":[4,2]}", "the lower bound first"),
            ("{\"log_normal\":{\"median\":1,\"sigma\":99}}", "from 0 to 10"),
            ("{\"about\":3}", "unknown variant `about`"),
        ] {
            let error = serde_json::from_str::<Span>(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert_eq!(serde_json::from_str::<Span>("30").unwrap(), Span::Fixed(30.0));
        assert_eq!(serde_json::from_str::<Span>("{\"between\":[1,2.5]}").unwrap(), Span::Between(1.0, 2.5));
    }
}
