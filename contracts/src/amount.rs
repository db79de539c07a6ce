//! Amounts of a vendor's unit (credits, dollars, points): whole numbers of millionths, rounded once, so that three
//! times 0.3 out of 0.9 leave nothing.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Millionths in one unit.
const ONE: u64 = 1_000_000;

/// A sum in a vendor's unit, exact to a millionth. Sums stay at the greatest amount rather than overflow.
///
/// In JSON it is a number, in text a decimal such as `0.3` or `315000`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The most that a balance may be set to, in units: up to there every millionth survives as a double.
    pub const MOST_UNITS: f64 = 4e9;

    /// Rounds a number of units to the nearest millionth; nothing if it is negative or no number.
    pub fn nearest(units: f64) -> Self {
        // The cast saturates; negative and NaN become 0.
        Self((units * ONE as f64).round() as u64)
    }

    /// As a number of units: the double that is written as this decimal.
    pub fn units(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// Rounds a price up to the next millionth, so that nothing costs more than was put aside; nothing if it is
    /// negative or no number.
    pub fn rounded_up(price: f64) -> Self {
        let millionths = (price * 1e6 - 1e-6).ceil();
        // The cast is exact below 2^53 and saturates above; negative and NaN become 0.
        Self(millionths as u64)
    }

    /// What is left after taking the other away; nothing if the other is more.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / ONE, self.0 % ONE);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{part:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no amount; expected a decimal such as 0.3 or 315000");
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let part: u64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
        whole.checked_mul(ONE).and_then(|millionths| millionths.checked_add(part)).map(Self).ok_or_else(wrong)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A double holds every amount below nine milliards exactly enough to be read back as the same.
        serializer.serialize_f64(self.units())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if !number.is_finite() || number < 0.0 {
            return Err(D::Error::custom(format!("{number} is no amount; expected 0 or more")));
        }
        // Rounded to the nearest, because it was written from a whole number of millionths.
        Ok(Self::nearest(number))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tenths_add_up() {
        let three: Amount = ["0.1", "0.2"].iter().map(|text| text.parse::<Amount>().unwrap()).sum();
        assert_eq!(three, "0.3".parse().unwrap());
        assert_eq!(three, Amount::rounded_up(0.3));
        assert_eq!(Amount::rounded_up(315_000.0).to_string(), "315000");
        assert_eq!(Amount::rounded_up(-1.0), Amount::ZERO);
        assert_eq!(Amount::rounded_up(f64::NAN), Amount::ZERO);
    }

    #[test]
    fn three_times_a_third_decimal_leaves_nothing() {
        let spent: Amount = [0.3, 0.3, 0.3].into_iter().map(Amount::nearest).sum();
        assert_eq!(Amount::nearest(0.9).less(spent), Amount::ZERO);
        assert_eq!((Amount::nearest(0.1) + Amount::nearest(0.2)).units(), 0.3);
        assert_eq!(Amount::nearest(-1.0), Amount::ZERO);
        assert_eq!(Amount::nearest(f64::NAN), Amount::ZERO);
        assert_eq!(Amount::nearest(315_000.0).to_string(), "315000");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-1", "1e3", ".5", "5.", "0.1234567", "NaN", "99999999999999999999"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_json_lead_back(millionths in 0..4_000_000_000_000_000_u64) {
            let amount = Amount(millionths);
            prop_assert_eq!(amount.to_string().parse::<Amount>().unwrap(), amount);
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
            prop_assert_eq!(Amount::nearest(amount.units()), amount);
            prop_assert_eq!(amount.to_string().parse::<f64>().map(Amount::nearest), Ok(amount));
        }
    }
}
