//! The served vendors: editions with their options, and their variants for requests that a scenario gives other options.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

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
    pub options: ServedOptions,
    wire: OnceLock<WireFacts>,
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

/// The options of a served vendor. They are chosen when they are first asked for, since its contract says which there are.
#[derive(Clone)]
pub struct ServedOptions(Arc<LazyLock<Options, ChooseOptions>>);

type ChooseOptions = Box<dyn FnOnce() -> Options + Send + Sync>;

impl ServedOptions {
    fn choose_later(choose: impl FnOnce() -> Options + Send + Sync + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(choose))))
    }
}

impl Deref for ServedOptions {
    type Target = Options;

    fn deref(&self) -> &Options {
        LazyLock::force(&self.0)
    }
}

impl fmt::Debug for ServedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServedOptions")
    }
}

impl ServedVendor {
    fn wire(&self) -> &WireFacts {
        self.wire.get_or_init(|| WireFacts::of(&self.vendor.contract))
    }

    /// The vendor's id.
    pub(crate) fn id(&self) -> Arc<str> {
        Arc::clone(&self.wire().id)
    }

    /// The content type of its answers in JSON.
    pub(crate) fn content_type(&self) -> Option<&HeaderValue> {
        self.wire().content_type.as_ref()
    }

    /// The headers by which every answer speaks to browsers.
    pub(crate) fn cors_headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.wire().cors
    }

    /// Whether a host is one of the vendor's chosen.
    pub(crate) fn has_host(&self, host: &str) -> bool {
        self.vendor.contract.hosts().iter().any(|known| known.eq_ignore_ascii_case(host))
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
    let mut chosen = Options::clone(&served.options);
    for (name, value) in options {
        chosen.set(&served.vendor.contract, name, value)?;
    }
    with(&served.vendor, chosen)
}

/// A vendor with these options.
pub(crate) fn with(vendor: &Vendor, options: Options) -> Result<ServedVendor, String> {
    let vendor = vendor.with_options(&options).map_err(|error| error.to_string())?;
    Ok(ServedVendor { vendor, options: ServedOptions::choose_later(|| options), wire: OnceLock::new() })
}

/// The defaults of a contract, and over them those of some choices that it has: an older edition may lack an option that
/// the newest has, and then there is nothing to choose.
fn choose_options(contract: &Contract, choices: &[(String, String)]) -> Options {
    let mut chosen = Options::defaults(contract);
    for (name, value) in choices {
        let _ = chosen.set(contract, name, value);
    }
    chosen
}

/// A vendor with these choices, its contract read when it is first asked for.
fn choose_later(vendor: &Vendor, choices: Arc<[(String, String)]>) -> ServedVendor {
    let (base, chosen) = (vendor.clone(), Arc::clone(&choices));
    let options = ServedOptions::choose_later(move || choose_options(&base.contract, &chosen));
    let vendor = vendor.with_options_later(move |contract| choose_options(contract, &choices));
    ServedVendor { vendor, options, wire: OnceLock::new() }
}

/// Applies options to vendors. An option named for a vendor holds for every edition of it that has it.
pub(crate) fn choose_vendors(
    vendors: Vec<Vendor>,
    options: &[(String, String, String)],
) -> Result<Vec<ServedVendor>, String> {
    let mut patched: Vec<&str> = Vec::new();
    for (id, name, value) in options {
        let newest = vendors.iter().find(|vendor| vendor.id() == id);
        let vendor =
            newest.ok_or_else(|| format!("option `{id}.{name}`: the vendor `{id}` is not served"))?;
        Options::defaults(&vendor.contract).set(&vendor.contract, name, value)?;
        if vendor.contract.options[name].patch.contains_key(value) {
            patched.push(id);
        }
    }
    let mut served: Vec<ServedVendor> = Vec::new();
    for vendor in vendors {
        let mine = options.iter().filter(|(id, _, _)| vendor.id() == id);
        let mine: Arc<[(String, String)]> =
            mine.map(|(_, name, value)| (name.clone(), value.clone())).collect();
        // What is read costs nothing more, and patches may not fit together: then it is said at once.
        served.push(if vendor.is_read() || patched.contains(&vendor.id()) {
            with(&vendor, choose_options(&vendor.contract, &mine))?
        } else {
            choose_later(&vendor, mine)
        });
    }
    // The vendors in the order given; of each the newest first, so that a bare id and a month mean
    // the newest edition that fits.
    let mut order: Vec<String> = served.iter().map(|vendor| vendor.vendor.id().to_owned()).collect();
    order.dedup();
    served.sort_by(|left, right| {
        let place = |vendor: &ServedVendor| order.iter().position(|id| id == vendor.vendor.id());
        place(left)
            .cmp(&place(right))
            .then_with(|| right.vendor.contract.edition().cmp(left.vendor.contract.edition()))
    });
    Ok(served)
}
