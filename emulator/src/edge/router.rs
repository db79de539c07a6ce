//! The router: from port, `Host` and path to a vendor, the control API or a media file.

use std::borrow::Cow;

use mockreel_contracts::Selector;
use mockreel_contracts::contract::check::route::percent_decoded;

use super::addresses::host_name;
use crate::served::ServedVendor;

/// What is served on a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Every vendor, and the control API unless it has a listener of its own.
    Everything,
    /// One vendor, by its index.
    Vendor(usize),
    /// The control API only.
    Admin,
}

impl Serves {
    /// The one vendor of a listener.
    pub(super) fn port_vendor(self) -> Option<usize> {
        match self {
            Self::Vendor(index) => Some(index),
            Self::Everything | Self::Admin => None,
        }
    }
}

/// The destination of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Destination<'a> {
    /// To the vendor with this index; the rest of path and query is the vendor's own.
    Vendor(usize, Cow<'a, str>),
    /// To the control API.
    Admin,
    /// To results and uploads.
    Media,
    /// To the project's own images.
    Fixtures,
    /// Nowhere.
    Nowhere,
}

/// Routes a request: by the port's vendor, by `Host`, by the first segment of the path, in this order.
pub(crate) fn route_request<'a>(
    vendors: &[ServedVendor],
    port_vendor: Option<usize>,
    host: Option<&str>,
    target: &'a str,
) -> Destination<'a> {
    let path = target.split('?').next().unwrap_or(target);
    let first = path.split('/').nth(1).unwrap_or_default();
    match first {
        "__media" => return Destination::Media,
        "__fixtures" => return Destination::Fixtures,
        "__admin" => return Destination::Admin,
        _ => {}
    }
    if let Some(index) = port_vendor {
        return Destination::Vendor(index, Cow::Borrowed(target));
    }
    let name = host.and_then(host_name);
    let by_host = |served: &ServedVendor| name.is_some_and(|name| served.has_host(name));
    if let Some(index) = vendors.iter().position(by_host) {
        return Destination::Vendor(index, Cow::Borrowed(target));
    }
    let Some(index) = by_selector(vendors, &percent_decoded(first)) else {
        return Destination::Nowhere;
    };
    let rest = &target[1 + first.len()..];
    // The prefix alone is the vendor's root, also with a query behind it.
    let rest = if rest.starts_with('/') { Cow::Borrowed(rest) } else { Cow::Owned(format!("/{rest}")) };
    Destination::Vendor(index, rest)
}

/// The vendor that `ID` or `ID@EDITION` means among those served.
pub(crate) fn by_selector(vendors: &[ServedVendor], text: &str) -> Option<usize> {
    // Most name the vendor alone.
    let newest = vendors.iter().position(|served| served.vendor.id() == text);
    if newest.is_some() {
        return newest;
    }
    let wanted = Selector::parse(text).ok()?;
    vendors.iter().position(|served| {
        served.vendor.id() == wanted.vendor && wanted.admits(served.vendor.contract.edition())
    })
}
