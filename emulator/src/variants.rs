//! Vendors as they are with other options, for requests that a scenario gives some.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use mockreel_contracts::{Options, Vendor};

use crate::settings::Chosen;

/// How many variants are kept; more are made anew for each request.
const KEPT: usize = 64;

/// An edition, and the options that were asked for beside those it has.
type Wish = (String, BTreeMap<String, String>);

/// Every variant that was asked for.
#[derive(Debug, Default)]
pub(crate) struct Variants(Mutex<HashMap<Wish, Arc<Chosen>>>);

impl Variants {
    /// The vendor with these options beside those it has; nothing, if there are none.
    pub(crate) fn of(
        &self,
        chosen: &Chosen,
        options: &BTreeMap<String, String>,
    ) -> Result<Option<Arc<Chosen>>, String> {
        if options.is_empty() {
            return Ok(None);
        }
        let key = (chosen.vendor.contract.full_id(), options.clone());
        if let Some(found) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Some(Arc::clone(found)));
        }
        let made = Arc::new(with_options(chosen, options)?);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() < KEPT {
            held.insert(key, Arc::clone(&made));
        }
        Ok(Some(made))
    }
}

/// A vendor with these options beside those it has.
fn with_options(chosen: &Chosen, options: &BTreeMap<String, String>) -> Result<Chosen, String> {
    let mut held = chosen.options.clone();
    for (name, value) in options {
        held.set(&chosen.vendor.contract, name, value)?;
    }
    with(&chosen.vendor, held)
}

/// A vendor with these options.
pub(crate) fn with(vendor: &Vendor, options: Options) -> Result<Chosen, String> {
    let vendor = vendor.with_options(&options).map_err(|error| error.to_string())?;
    Ok(Chosen { vendor, options })
}

/// Applies options to vendors. An option named for a vendor holds for every edition of it that has it.
pub(crate) fn choose(
    vendors: Vec<Vendor>,
    options: &[(String, String, String)],
) -> Result<Vec<Chosen>, String> {
    for (id, name, value) in options {
        let newest = vendors.iter().find(|vendor| vendor.id() == id);
        let vendor =
            newest.ok_or_else(|| format!("option `{id}.{name}`: the vendor `{id}` is not served"))?;
        Options::defaults(&vendor.contract).set(&vendor.contract, name, value)?;
    }
    let mut chosen: Vec<Chosen> = Vec::new();
    for vendor in vendors {
        let mut held = Options::defaults(&vendor.contract);
        let mine = options.iter().filter(|(id, _, _)| vendor.id() == id);
        for (_, name, value) in mine {
            // An older edition may lack an option that the newest has; then there is nothing to choose.
            let _ = held.set(&vendor.contract, name, value);
        }
        chosen.push(with(&vendor, held)?);
    }
    // The vendors in the order given; of each the newest first, so that a bare id and a month mean
    // the newest edition that fits.
    let mut order: Vec<String> = chosen.iter().map(|held| held.vendor.id().to_owned()).collect();
    order.dedup();
    chosen.sort_by(|left, right| {
        let place = |held: &Chosen| order.iter().position(|id| id == held.vendor.id());
        place(left)
            .cmp(&place(right))
            .then_with(|| right.vendor.contract.edition.cmp(&left.vendor.contract.edition))
    });
    Ok(chosen)
}
