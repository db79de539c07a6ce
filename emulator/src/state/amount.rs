//! Amounts of a vendor's unit (credits, dollars, points), without rounding.
//!
//! Prices and balances are decimals, and three times 0.3 out of 0.9 must leave nothing. So amounts are
//! whole numbers of millionths: what comes in is rounded once to the nearest of them, sums are exact, and
//! what goes out is the decimal that such a number means.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Millionths in one unit.
const ONE: u64 = 1_000_000;

/// A sum in a vendor's unit, exact to a millionth. Sums stay at the greatest amount rather than overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The most that a balance may be set to, in units: up to there every millionth survives as a double.
    pub const MOST_UNITS: f64 = 4e9;

    /// The nearest amount to a number of units; nothing if it is negative or no number.
    pub fn of(units: f64) -> Self {
        // The cast saturates; negative and NaN become 0.
        Self((units * ONE as f64).round() as u64)
    }

    /// As a number of units: the double that is written as this decimal.
    pub fn units(self) -> f64 {
        self.0 as f64 / ONE as f64
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
        write!(f, "{}", self.units())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_times_a_third_decimal_leaves_nothing() {
        let spent: Amount = [0.3, 0.3, 0.3].into_iter().map(Amount::of).sum();
        assert_eq!(Amount::of(0.9).less(spent), Amount::ZERO);
        assert_eq!((Amount::of(0.1) + Amount::of(0.2)).units(), 0.3);
        assert_eq!(Amount::of(-1.0), Amount::ZERO);
        assert_eq!(Amount::of(f64::NAN), Amount::ZERO);
        assert_eq!(Amount::of(315_000.0).to_string(), "315000");
    }

    proptest! {
        #[test]
        fn what_goes_out_comes_back_the_same(millionths in 0..4_000_000_000_000_000_u64) {
            let amount = Amount(millionths);
            prop_assert_eq!(Amount::of(amount.units()), amount);
            prop_assert_eq!(amount.to_string().parse::<f64>().map(Amount::of), Ok(amount));
        }
    }
}
