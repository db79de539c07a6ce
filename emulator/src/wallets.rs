//! Default wallets: what settings say that every account has with a vendor at first, checked against its prices and models.

use std::collections::BTreeMap;
use std::sync::Arc;

use mockreel_contracts::UnixMillis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::served::ServedVendor;
use crate::state::account::Wallets;
use crate::state::limits::AccountLimits;
use crate::state::wallet::{Spent, Wallet, WalletUpdate};
use mockreel_contracts::amount::Amount;

/// What every account has with a vendor at first; what is not said is not limited.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "PurseSetting")]
pub struct WalletSetting {
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

/// The unit and models of a served vendor, in all its editions.
pub(crate) struct VendorPricing<'a> {
    vendor: &'a str,
    editions: Vec<&'a ServedVendor>,
}

impl<'a> VendorPricing<'a> {
    /// The vendor of that id.
    pub(crate) fn of(vendors: &'a [ServedVendor], vendor: &'a str) -> Result<Self, String> {
        let editions: Vec<&ServedVendor> =
            vendors.iter().filter(|served| served.vendor.id() == vendor).collect();
        if editions.is_empty() {
            let mut served: Vec<&str> = vendors.iter().map(|served| served.vendor.id()).collect();
            served.dedup();
            return Err(format!("`{vendor}` is not served; there are {}", served.join(", ")));
        }
        Ok(Self { vendor, editions })
    }

    /// The unit of its prices.
    pub(crate) fn unit(&self) -> Option<&'a str> {
        self.editions.iter().find_map(|served| served.vendor.contract.unit())
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
            Some(_) | None => Ok(Amount::nearest(balance.amount)),
        }
    }

    /// The same limits, if their numbers and models are sound.
    pub(crate) fn limits(&self, limits: AccountLimits) -> Result<AccountLimits, String> {
        limits.check()?;
        let known =
            |id: &str| self.editions.iter().any(|served| served.vendor.contract.models.contains_key(id));
        if let Some(unknown) = limits.models.keys().find(|id| !known(id)) {
            let models = self.editions.first().map(|served| &served.vendor.contract.models);
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

    fn update(&self, setting: &WalletSetting) -> Result<WalletUpdate, String> {
        let balance = setting.balance.as_ref().map(|balance| self.amount(balance)).transpose()?;
        Ok(WalletUpdate { balance: Some(balance), limits: Some(self.limits(setting.limits.clone())?) })
    }
}

/// Makes the default wallets that settings describe.
pub(crate) fn default_wallets(
    vendors: &[ServedVendor],
    settings: &BTreeMap<String, WalletSetting>,
) -> Result<Wallets, String> {
    let mut wallets = Wallets::new();
    for (vendor, setting) in settings {
        let update = VendorPricing::of(vendors, vendor)
            .and_then(|pricing| pricing.update(setting))
            .map_err(|why| format!("what accounts have with `{vendor}`: {why}"))?;
        wallets.insert(Arc::from(vendor.as_str()), Arc::new(fill_new(&Wallet::default(), &update)));
    }
    Ok(wallets)
}

/// Updates the wallet of an account that has done nothing yet.
pub(crate) fn fill_new(wallet: &Wallet, update: &WalletUpdate) -> Wallet {
    wallet.updated(update, Spent::default(), &[], UnixMillis::default())
}
