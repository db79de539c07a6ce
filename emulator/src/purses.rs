//! Setting and reading purses: from configuration, from a Rust test, and for the control API.
//!
//! ```
//! use mockreel_emulator::engine::AccountLimits;
//! use mockreel_emulator::{Emulator, PurseSetting};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let emulator = Emulator::builder().start().await.unwrap();
//! let vendor = emulator.settings().vendors[0].vendor.id().to_owned();
//! let purse = emulator.purse("the key that the client sends", &vendor);
//! purse.set_balance(Some(1.0)).await.unwrap();
//! purse.set_limits(AccountLimits { per_minute: Some(2), ..AccountLimits::default() }).await.unwrap();
//! assert_eq!((purse.balance().await, purse.spent().await), (Some(1.0), 0.0));
//! # });
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use mockreel_contracts::UnixMillis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account;
use crate::builder::EmulatorBuilder;
use crate::emulator::Emulator;
use crate::engine::{AccountLimits, Amount, Command, KeyRule, Purse, PurseOrder, Spent};
use crate::handles::OrderError;
use crate::settings::Chosen;
use crate::shared::Shared;
use crate::store::Purses;

/// What every account has with a vendor at first; what is not said is not limited.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PurseSetting {
    /// What it may spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Balance>,
    /// What it may do.
    pub limits: AccountLimits,
}

/// What an account has left.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// In units.
    #[schemars(range(min = 0.0, max = 4_000_000_000.0))]
    pub amount: f64,
    /// The unit of the vendor's prices, which may be left out.
    #[serde(default)]
    pub unit: Option<String>,
}

/// What is known of a vendor that is served, in all its editions.
pub(crate) struct Till<'a> {
    vendor: &'a str,
    editions: Vec<&'a Chosen>,
}

impl<'a> Till<'a> {
    /// The vendor of that id.
    pub(crate) fn of(vendors: &'a [Chosen], vendor: &'a str) -> Result<Self, String> {
        let editions: Vec<&Chosen> = vendors.iter().filter(|chosen| chosen.vendor.id() == vendor).collect();
        if editions.is_empty() {
            return Err(format!("`{vendor}` is not served"));
        }
        Ok(Self { vendor, editions })
    }

    /// The unit of its prices.
    pub(crate) fn unit(&self) -> Option<&'a str> {
        self.editions.iter().find_map(|chosen| chosen.vendor.contract.unit())
    }

    /// The amount that a balance means.
    pub(crate) fn amount(&self, balance: &Balance) -> Result<Amount, String> {
        let most = Amount::MOST_UNITS;
        if !(0.0..=most).contains(&balance.amount) {
            return Err(format!(
                "`balance.amount` is {}: expected a number from 0 to {most}",
                balance.amount
            ));
        }
        let unit = self.unit();
        match &balance.unit {
            Some(given) if Some(given.as_str()) != unit => Err(match unit {
                Some(unit) => format!("`balance.unit` is `{given}`: {} counts in `{unit}`", self.vendor),
                None => {
                    format!("`balance.unit` is `{given}`: {} has no known price; leave it out", self.vendor)
                }
            }),
            Some(_) | None => Ok(Amount::of(balance.amount)),
        }
    }

    /// The same limits, if their numbers and models are sound.
    pub(crate) fn limits(&self, limits: AccountLimits) -> Result<AccountLimits, String> {
        limits.check()?;
        let known =
            |id: &str| self.editions.iter().any(|chosen| chosen.vendor.contract.models.contains_key(id));
        if let Some(unknown) = limits.models.keys().find(|id| !known(id)) {
            let models = self.editions.first().map(|chosen| &chosen.vendor.contract.models);
            let there: Vec<&str> =
                models.into_iter().flat_map(|models| models.keys()).map(String::as_str).collect();
            return Err(format!(
                "`limits.models` names `{unknown}`, which {} does not have; it has {}",
                self.vendor,
                there.join(", ")
            ));
        }
        Ok(limits)
    }

    fn order(&self, setting: &PurseSetting) -> Result<PurseOrder, String> {
        let balance = setting.balance.as_ref().map(|balance| self.amount(balance)).transpose()?;
        Ok(PurseOrder { balance: Some(balance), limits: Some(self.limits(setting.limits.clone())?) })
    }
}

/// What all accounts begin with, as settings have it.
pub(crate) fn first_purses(
    vendors: &[Chosen],
    settings: &BTreeMap<String, PurseSetting>,
) -> Result<Purses, String> {
    let mut purses = Purses::new();
    for (vendor, setting) in settings {
        let order = Till::of(vendors, vendor)
            .and_then(|till| till.order(setting))
            .map_err(|why| format!("what accounts have with `{vendor}`: {why}"))?;
        purses.insert(Arc::from(vendor.as_str()), Arc::new(filled(&Purse::default(), &order)));
    }
    Ok(purses)
}

/// The purse of an account that has done nothing yet, after an order.
pub(crate) fn filled(purse: &Purse, order: &PurseOrder) -> Purse {
    purse.ordered(order, Spent::default(), &[], UnixMillis::default())
}

/// What an account has with a vendor, and what it has spent there.
#[derive(Clone, Debug, PartialEq)]
pub struct Funds {
    /// What is left; nothing, if there is no end to it.
    pub balance: Option<Amount>,
    /// What its jobs have cost.
    pub spent: Spent,
    /// What it may do.
    pub limits: AccountLimits,
}

impl Shared {
    /// What an account has with a vendor now.
    pub(crate) async fn funds(&self, account: &Arc<str>, vendor: &str) -> Funds {
        let (state, jobs) = self.store.account_and_jobs(account, vendor).await;
        let spent = state.spent(vendor, &jobs, state.clock.now(self.clock.now()));
        let purse = state.purse(vendor);
        Funds { balance: purse.left(spent), spent, limits: purse.limits().clone() }
    }
}

/// What one account has with one vendor.
#[derive(Clone, Debug)]
pub struct PurseHandle {
    shared: Arc<Shared>,
    account: Arc<str>,
    vendor: Arc<str>,
}

impl PurseHandle {
    /// What it has and what it has spent, all of it of the same moment.
    pub async fn funds(&self) -> Funds {
        self.shared.funds(&self.account, &self.vendor).await
    }

    /// What is left, in the unit of the vendor's prices; nothing, if there is no end to it.
    pub async fn balance(&self) -> Option<f64> {
        self.funds().await.balance.map(Amount::units)
    }

    /// What was charged and not given back, in the unit of the vendor's prices. What is put aside for unfinished jobs is not in it.
    pub async fn spent(&self) -> f64 {
        self.funds().await.spent.net().units()
    }

    /// Lets so much be left now, in the unit of the vendor's prices; without an amount there is no end to it.
    ///
    /// # Errors
    ///
    /// If the vendor is not served, or it is no amount.
    pub async fn set_balance(&self, amount: Option<f64>) -> Result<(), OrderError> {
        let till = self.till()?;
        let amount = amount.map(|amount| till.amount(&Balance { amount, unit: None }));
        let balance = Some(amount.transpose().map_err(OrderError::Refused)?);
        self.fill(&PurseOrder { balance, limits: None }).await
    }

    /// Allows this from now on, and nothing beyond it.
    ///
    /// # Errors
    ///
    /// If the vendor is not served, or a number or model is not sound.
    pub async fn set_limits(&self, limits: AccountLimits) -> Result<(), OrderError> {
        let limits = self.till()?.limits(limits).map_err(OrderError::Refused)?;
        self.fill(&PurseOrder { balance: None, limits: Some(limits) }).await
    }

    fn till(&self) -> Result<Till<'_>, OrderError> {
        Till::of(&self.shared.settings.vendors, &self.vendor).map_err(OrderError::Refused)
    }

    async fn fill(&self, order: &PurseOrder) -> Result<(), OrderError> {
        self.shared.perform(&self.account, &Command::Fill(Arc::clone(&self.vendor), order)).await?;
        Ok(())
    }
}

impl Emulator {
    /// What the account that a key names has with a vendor, named by its id.
    pub fn purse(&self, key: &str, vendor: &str) -> PurseHandle {
        let shared = Arc::clone(&self.shared);
        PurseHandle { shared, account: account::digest(key), vendor: Arc::from(vendor) }
    }
}

impl EmulatorBuilder {
    /// What every account has with a vendor at first.
    #[must_use]
    pub fn purse(mut self, vendor: &str, setting: PurseSetting) -> Self {
        self.settings.purses.insert(vendor.to_owned(), setting);
        self
    }

    /// Lets vendors know a key. From then on they know no others, but for the reserved ones.
    #[must_use]
    pub fn key(mut self, rule: KeyRule) -> Self {
        self.settings.keys.push(rule);
        self
    }
}
