//! The budget of a run, and the ledger on disk that remembers it.
//!
//! Whoever is about to send a request that may cost asks the [`Budget`] first and gets a [`Permit`]. A permit
//! can be made nowhere else, and until it is settled it counts as spent in full: in this run, in later ones,
//! and after a crash.

mod entries;
mod ledger;
#[cfg(test)]
mod tests;

pub use entries::Settled;
pub use ledger::{Ledger, LedgerError};

use entries::Reservation;
use mockreel_contracts::Amount;

/// Why a request may not be sent, or why it could not be written down what became of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetRefusal {
    /// It could cost more than is left.
    #[error(
        "it may cost {wanted} {unit}, but {left} {unit} are left of the budget; raise --max-spend, or leave the case out with --skip"
    )]
    Exhausted {
        /// What it may cost.
        wanted: Amount,
        /// What is left.
        left: Amount,
        /// The vendor's unit.
        unit: String,
    },
    /// Nobody knows what it could cost.
    #[error("its price is unknown; leave the case out with --skip, or allow it with --allow-unknown-price")]
    UnknownPrice,
    /// The ledger is out of order; what is wrong and what to do.
    #[error("{0}")]
    Ledger(String),
}

impl From<LedgerError> for BudgetRefusal {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.to_string())
    }
}

/// Leave to send one request. If it is dropped without being settled, it stays reserved in full.
#[derive(Debug)]
#[must_use = "a permit that is not settled stays reserved in full"]
pub struct Permit {
    kind: PermitKind,
    amount: Amount,
}

#[derive(Debug)]
enum PermitKind {
    /// A reservation of the ledger, by number.
    Reserved(u64),
    /// Nothing is limited here, so nothing was written.
    Unlimited,
    /// The request cannot cost by design.
    Free,
}

impl Permit {
    /// The number of the reservation in the ledger; `None` if nothing had to be reserved.
    pub fn reservation(&self) -> Option<u64> {
        match self.kind {
            PermitKind::Reserved(id) => Some(id),
            PermitKind::Unlimited | PermitKind::Free => None,
        }
    }

    /// What is reserved, in the vendor's unit; 0 if the price is unknown.
    pub fn amount(&self) -> Amount {
        self.amount
    }
}

/// What a run may spend, in one vendor's unit.
#[derive(Debug)]
pub struct Budget {
    unit: String,
    /// Of this run, whether or not it is limited.
    reserved: Amount,
    /// Of this run, whether or not it is limited.
    settled: Amount,
    limit: Option<SpendLimit>,
}

#[derive(Debug)]
struct SpendLimit {
    ledger: Ledger,
    vendor: String,
    target: String,
    cap: Amount,
    allow_unknown_price: bool,
}

impl Budget {
    /// A budget for a target that takes no money: nothing is limited and nothing is written, but it is summed
    /// what it would have cost.
    pub fn free(unit: &str) -> Self {
        Self { unit: unit.to_owned(), reserved: Amount::ZERO, settled: Amount::ZERO, limit: None }
    }

    /// A budget for a vendor that takes money. `cap` bounds what all runs in the ledger's file together spend
    /// at this vendor in this unit. With `allow_unknown_price` a request without a price reserves nothing.
    pub fn capped(
        ledger: Ledger,
        vendor: &str,
        target: &str,
        unit: &str,
        cap: Amount,
        allow_unknown_price: bool,
    ) -> Self {
        let (vendor, target) = (vendor.to_owned(), target.to_owned());
        let limit = SpendLimit { ledger, vendor, target, cap, allow_unknown_price };
        Self { limit: Some(limit), ..Self::free(unit) }
    }

    /// Puts aside what a request may cost at worst; `None` says that nobody knows. The permit is returned once
    /// the reservation would survive a crash. `at` is the time, RFC 3339.
    ///
    /// # Errors
    ///
    /// If more is wanted than is left, if the price is unknown and that is not allowed, or if the ledger cannot
    /// be written. Nothing may be sent then.
    pub fn reserve(&mut self, case: &str, worst: Option<Amount>, at: &str) -> Result<Permit, BudgetRefusal> {
        self.can_afford(worst)?;
        let amount = worst.unwrap_or(Amount::ZERO);
        let kind = match &mut self.limit {
            None => PermitKind::Unlimited,
            Some(limit) => PermitKind::Reserved(limit.ledger.reserve(Reservation {
                id: 0,
                at: at.to_owned(),
                run: String::new(),
                vendor: limit.vendor.clone(),
                target: limit.target.clone(),
                case: case.to_owned(),
                amount,
                unit: self.unit.clone(),
                price_known: worst.is_some(),
            })?),
        };
        self.reserved += amount;
        Ok(Permit { kind, amount })
    }

    /// Says what became of a request: refused costs nothing, accepted costs `actual` (also if that is more than
    /// was reserved), unknown stays reserved in full.
    ///
    /// # Errors
    ///
    /// If the ledger cannot be written: the reservation then stays in full. If a request that was thought free
    /// is said to have cost something: the catalogue is wrong then and must not be trusted with money.
    pub fn settle(&mut self, permit: Permit, actual: Amount, result: Settled) -> Result<(), BudgetRefusal> {
        let Permit { kind, amount } = permit;
        let charged = match result {
            Settled::Refused => Amount::ZERO,
            Settled::Accepted => actual,
            Settled::Unknown => amount,
        };
        match (kind, &mut self.limit) {
            (PermitKind::Reserved(id), Some(limit)) => limit.ledger.settle(id, charged, result)?,
            (PermitKind::Reserved(_), None) | (PermitKind::Unlimited, Some(_)) => {
                return Err(BudgetRefusal::Ledger(
                    "the permit is of another budget; settle it where it was reserved".to_owned(),
                ));
            }
            (PermitKind::Free, _) if charged > Amount::ZERO => {
                return Err(BudgetRefusal::Ledger(format!(
                    "a request that cannot cost by design is said to have cost {charged} {}; look at the vendor's \
                     bill, and give the case a price",
                    self.unit
                )));
            }
            (PermitKind::Free, _) | (PermitKind::Unlimited, None) => {}
        }
        self.settled += charged;
        Ok(())
    }

    /// What is left of the cap; `None` if nothing is limited.
    pub fn left(&self) -> Option<Amount> {
        self.limit.as_ref().map(|limit| limit.cap.less(self.spent()))
    }

    /// Whether [`Budget::reserve`] would agree.
    ///
    /// # Errors
    ///
    /// If more is wanted than is left, or if the price is unknown and that is not allowed.
    pub fn can_afford(&self, worst: Option<Amount>) -> Result<(), BudgetRefusal> {
        let (Some(limit), Some(left)) = (&self.limit, self.left()) else {
            return Ok(());
        };
        match worst {
            None if limit.allow_unknown_price => Ok(()),
            None => Err(BudgetRefusal::UnknownPrice),
            Some(wanted) if wanted > left => {
                Err(BudgetRefusal::Exhausted { wanted, left, unit: self.unit.clone() })
            }
            Some(_) => Ok(()),
        }
    }

    /// Whether nothing is limited here.
    pub fn is_free(&self) -> bool {
        self.limit.is_none()
    }

    /// The cap; `None` if nothing is limited.
    pub fn cap(&self) -> Option<Amount> {
        self.limit.as_ref().map(|limit| limit.cap)
    }

    /// What this run has put aside; in a free budget: what it would have.
    pub fn reserved(&self) -> Amount {
        self.reserved
    }

    /// What this run's settled permits came to; in a free budget: what they would have.
    pub fn settled(&self) -> Amount {
        self.settled
    }

    /// What all runs together have spent of the cap, open reservations in full; nothing in a free budget.
    pub fn spent(&self) -> Amount {
        self.limit.as_ref().map_or(Amount::ZERO, |limit| limit.ledger.spent(&limit.vendor, &self.unit))
    }

    /// As [`Budget::spent`], of what was reserved in a month (`YYYY-MM`, UTC).
    pub fn spent_in_month(&self, month: &str) -> Amount {
        self.limit
            .as_ref()
            .map_or(Amount::ZERO, |limit| limit.ledger.spent_in_month(&limit.vendor, &self.unit, month))
    }

    /// The vendor's unit.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// Leave to send a request that cannot cost by design.
    pub fn free_permit(&self) -> Permit {
        Permit { kind: PermitKind::Free, amount: Amount::ZERO }
    }
}
