//! The lines of a ledger, and their sums.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use mockreel_contracts::Amount;

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// The vendor refused the request: it costs nothing.
    Refused,
    /// The vendor took it: it costs what was said.
    Accepted,
    /// Nobody knows: it counts in full.
    Unknown,
}

/// A line after the first.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LedgerLine {
    /// Something is about to be sent.
    Reserve(Reservation),
    /// It is known what became of it.
    Settle(Settlement),
}

/// What a request may cost at most, written before it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reservation {
    /// From 1, without gaps, so that a missing line is noticed.
    pub(super) id: u64,
    /// RFC 3339.
    pub(super) at: String,
    pub(super) run: String,
    pub(super) vendor: String,
    pub(super) target: String,
    pub(super) case: String,
    pub(super) amount: Amount,
    pub(super) unit: String,
    /// Whether `amount` is a price at all; if not, it is 0.
    #[serde(default = "is_known_by_default", skip_serializing_if = "is_known")]
    pub(super) price_known: bool,
}

/// What came of a reservation.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settlement {
    pub(super) id: u64,
    /// What is charged, whatever the result.
    pub(super) amount: Amount,
    pub(super) result: Settled,
}

fn is_known_by_default() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes members by reference")]
fn is_known(known: &bool) -> bool {
    *known
}

/// An entry that fits those before it.
#[derive(Debug)]
pub(super) enum LedgerEntry {
    Open { month: String, reservation: Reservation },
    Close(Settlement),
}

/// For whom and when something was spent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Account {
    vendor: String,
    unit: String,
    month: String,
}

/// What the lines of a ledger add up to.
#[derive(Debug, Default)]
pub(super) struct LedgerEntries {
    reservations: u64,
    open: BTreeMap<u64, (Account, Amount)>,
    settled: BTreeMap<Account, Amount>,
}

impl LedgerLine {
    /// Checks that the line fits the entries before it.
    pub(super) fn check_line(&self, before: &LedgerEntries) -> Result<LedgerEntry, String> {
        match self {
            Self::Reserve(reservation) => {
                if reservation.id != before.next_id() {
                    let expected = before.next_id();
                    return Err(format!("expected reservation {expected}, found {}", reservation.id));
                }
                let month = month(&reservation.at)?;
                Ok(LedgerEntry::Open { month, reservation: reservation.clone() })
            }
            Self::Settle(Settlement { id, amount, result }) => {
                let Some((_, reserved)) = before.open.get(id) else {
                    return Err(format!("expected a number of an open reservation, found {id}"));
                };
                let charged = match result {
                    Settled::Refused => Amount::ZERO,
                    Settled::Accepted => *amount,
                    Settled::Unknown => *reserved,
                };
                if *amount != charged {
                    return Err(format!(
                        "expected {charged} as the amount of reservation {id}, found {amount}"
                    ));
                }
                Ok(LedgerEntry::Close(Settlement { id: *id, amount: *amount, result: *result }))
            }
        }
    }
}

impl LedgerEntries {
    /// The number of the next reservation.
    pub(super) fn next_id(&self) -> u64 {
        self.reservations + 1
    }

    /// Reads a line of the file.
    pub(super) fn read(&mut self, line: &[u8]) -> Result<(), String> {
        let line: LedgerLine =
            serde_json::from_slice(line).map_err(|error| format!("expected an entry: {error}"))?;
        let entry = line.check_line(self)?;
        self.record(entry);
        Ok(())
    }

    /// Counts an entry that [`LedgerLine::checked`] has passed.
    pub(super) fn record(&mut self, entry: LedgerEntry) {
        match entry {
            LedgerEntry::Open { month, reservation } => {
                let Reservation { id, vendor, unit, amount, .. } = reservation;
                self.reservations = id;
                self.open.insert(id, (Account { vendor, unit, month }, amount));
            }
            LedgerEntry::Close(Settlement { id, amount, .. }) => {
                if let Some((account, _)) = self.open.remove(&id) {
                    let sum = self.settled.entry(account).or_default();
                    *sum += amount;
                }
            }
        }
    }

    /// Settled amounts and open reservations, of one month or of all.
    pub(super) fn spent(&self, vendor: &str, unit: &str, month: Option<&str>) -> Amount {
        let open = self.open.values().map(|(account, amount)| (account, amount));
        open.chain(&self.settled)
            .filter(|(account, _)| account.vendor == vendor && account.unit == unit)
            .filter(|(account, _)| month.is_none_or(|month| account.month == month))
            .map(|(_, amount)| *amount)
            .sum()
    }
}

/// The month of a time, `YYYY-MM` in UTC.
fn month(at: &str) -> Result<String, String> {
    let time: jiff::Timestamp =
        at.parse().map_err(|_| format!("expected a time such as 2026-01-31T12:00:00Z, found `{at}`"))?;
    Ok(time.strftime("%Y-%m").to_string())
}
