//! The served vendors: editions with their options, and their variants for requests that a scenario gives other options.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HeaderName, HeaderValue,
};
use mockreel_contracts::{Contract, Options, Vendor};

/// A vendor and the quirks chosen for it.
#[derive(Clone, Debug)]
pub struct ServedVendor {
    /// The edition.
    pub vendor: Vendor,
    /// Its options.
    pub options: Options,
    wire: WireFacts,
}

/// What every answer of a vendor has, ready to be written.
#[derive(Clone, Debug)]
struct WireFacts {
    id: Arc<str>,
    content_type: Option<HeaderValue>,
    /// What every answer tells browsers.
    cors: Vec<(HeaderName, HeaderValue)>,
}

impl WireFacts {
    fn of(contract: &Contract) -> Self {
        let mut cors = Vec::new();
        if let Some(facts) = &contract.cors {
            let exposed = facts.expose_headers.join(", ");
            let all = [
                (ACCESS_CONTROL_ALLOW_ORIGIN, facts.allow_origin.as_str()),
                (ACCESS_CONTROL_EXPOSE_HEADERS, exposed.as_str()),
            ];
            let stated = all.into_iter().filter(|(_, text)| !text.is_empty());
            cors.extend(stated.filter_map(|(name, text)| Some((name, HeaderValue::from_str(text).ok()?))));
        }
        Self {
            id: Arc::from(contract.id.as_str()),
            content_type: HeaderValue::from_str(&contract.answers.content_type).ok(),
            cors,
        }
    }
}

impl ServedVendor {
    /// The vendor's id.
    pub(crate) fn id(&self) -> Arc<str> {
        Arc::clone(&self.wire.id)
    }

    /// The content type of its answers in JSON.
    pub(crate) fn content_type(&self) -> Option<&HeaderValue> {
        self.wire.content_type.as_ref()
    }

    /// The headers by which every answer speaks to browsers.
    pub(crate) fn cors_headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.wire.cors
    }

    /// Whether a host is one of the vendor's chosen.
    pub(crate) fn has_host(&self, host: &str) -> bool {
        self.vendor.contract.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}

/// How many variants are kept; more are made anew for each request.
const MAX_VARIANTS: usize = 64;

/// An edition, and the options that were asked for beside those it has.
type VariantKey = (String, BTreeMap<String, String>);

/// Every variant that was asked for.
#[derive(Debug, Default)]
pub(crate) struct Variants(Mutex<HashMap<VariantKey, Arc<ServedVendor>>>);

impl Variants {
    /// The vendor with these options beside those it has; nothing, if there are none.
    pub(crate) fn of(
        &self,
        served: &ServedVendor,
        options: &BTreeMap<String, String>,
    ) -> Result<Option<Arc<ServedVendor>>, String> {
        if options.is_empty() {
            return Ok(None);
        }
        let key = (served.vendor.contract.full_id(), options.clone());
        if let Some(variant) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Some(Arc::clone(variant)));
        }
        let variant = Arc::new(with_options(served, options)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX_VARIANTS {
            kept.insert(key, Arc::clone(&variant));
        }
        Ok(Some(variant))
    }
}

/// A vendor with these options beside those it has.
fn with_options(served: &ServedVendor, options: &BTreeMap<String, String>) -> Result<ServedVendor, String> {
    let mut chosen = served.options.clone();
    for (name, value) in options {
        chosen.set(&served.vendor.contract, name, value)?;
    }
    with(&served.vendor, chosen)
}

/// A vendor with these options.
pub(crate) fn with(vendor: &Vendor, options: Options) -> Result<ServedVendor, String> {
    let vendor = vendor.with_options(&options).map_err(|error| error.to_string())?;
    Ok(ServedVendor { wire: WireFacts::of(&vendor.contract), vendor, options })
}

/// Applies options to vendors. An option named for a vendor holds for every edition of it that has it.
pub(crate) fn choose_vendors(
    vendors: Vec<Vendor>,
    options: &[(String, String, String)],
) -> Result<Vec<ServedVendor>, String> {
    for (id, name, value) in options {
        let newest = vendors.iter().find(|vendor| vendor.id() == id);
        let vendor =
            newest.ok_or_else(|| format!("option `{id}.{name}`: the vendor `{id}` is not served"))?;
        Options::defaults(&vendor.contract).set(&vendor.contract, name, value)?;
    }
    let mut served: Vec<ServedVendor> = Vec::new();
    for vendor in vendors {
        let mut chosen = Options::defaults(&vendor.contract);
        let mine = options.iter().filter(|(id, _, _)| vendor.id() == id);
        for (_, name, value) in mine {
            // An older edition may lack an option that the newest has; then there is nothing to choose.
            let _ = chosen.set(&vendor.contract, name, value);
        }
        served.push(with(&vendor, chosen)?);
    }
    // The vendors in the order given; of each the newest first, so that a bare id and a month mean
    // the newest edition that fits.
    let mut order: Vec<String> = served.iter().map(|vendor| vendor.vendor.id().to_owned()).collect();
    order.dedup();
    served.sort_by(|left, right| {
        let place = |vendor: &ServedVendor| order.iter().position(|id| id == vendor.vendor.id());
        place(left)
            .cmp(&place(right))
            .then_with(|| right.vendor.contract.edition.cmp(&left.vendor.contract.edition))
    });
    Ok(served)
}
