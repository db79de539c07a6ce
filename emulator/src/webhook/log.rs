//! The webhook log: every message with its attempts and state; bounded, oldest out first.

use std::collections::BTreeMap;

use mockreel_contracts::{Phase, UnixMillis};

use crate::state::job::JobKey;

/// How many callbacks are remembered.
pub(crate) const MAX_RECORDS: usize = 1_000;

/// Where a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebhookState {
    /// It is to be sent, or to be sent again.
    Pending,
    /// The receiver has it.
    Delivered,
    /// It was tried as often as it should be, or could not be kept.
    Failed,
    /// The address may not be called.
    Refused,
    /// Callbacks are off.
    Off,
}

impl WebhookState {
    /// Every state.
    pub(crate) const ALL: [Self; 5] =
        [Self::Pending, Self::Delivered, Self::Failed, Self::Refused, Self::Off];

    /// The word in the control API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Off => "off",
        }
    }

    /// The state of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// An attempt to send a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// When, by the account's clock.
    pub(crate) at: UnixMillis,
    /// What the receiver answered.
    pub(crate) status: Option<u16>,
    /// Why it did not.
    pub(crate) error: Option<String>,
}

/// A callback that was sent, is to be sent, or is not.
#[derive(Clone, Debug)]
pub(crate) struct WebhookRecord {
    /// The message's id, which its copies share; a signed call names it in `webhook-id`.
    pub(crate) id: String,
    /// The job that it is about.
    pub(crate) key: JobKey,
    /// What it announces; `None` if callbacks are off.
    pub(crate) phase: Option<Phase>,
    /// Which copy of the message it is, from 1.
    pub(crate) copy: u32,
    /// The receiver, fit to be shown.
    pub(crate) url: String,
    /// When it is or was to be sent (last), by the account's clock.
    pub(crate) due_at: Option<UnixMillis>,
    /// Every try, oldest first.
    pub(crate) attempts: Vec<Attempt>,
    /// Where it stands.
    pub(crate) state: WebhookState,
    /// Why it was not sent, and what to do.
    pub(crate) why: Option<String>,
}

/// The latest callbacks, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct WebhookLog {
    entries: BTreeMap<u64, WebhookRecord>,
    dropped: u64,
}

impl WebhookLog {
    /// Remembers a callback. VendorCounts grow.
    pub(super) fn add(&mut self, number: u64, entry: WebhookRecord) {
        self.entries.insert(number, entry);
        while self.entries.len() > MAX_RECORDS {
            self.entries.pop_first();
            self.dropped += 1;
        }
    }

    /// A callback, if it is still remembered.
    pub(super) fn entry(&mut self, number: u64) -> Option<&mut WebhookRecord> {
        self.entries.get_mut(&number)
    }

    /// Forgets everything, or what concerned one account.
    pub(super) fn forget(&mut self, account: Option<&str>) {
        match account {
            None => *self = Self::default(),
            Some(account) => self.entries.retain(|_, entry| *entry.key.account != *account),
        }
    }

    /// Every callback that is remembered, newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &WebhookRecord> {
        self.entries.values().rev()
    }

    /// How many are no longer remembered.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}
