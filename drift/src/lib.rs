//! Drift: the differences between two descriptions of a vendor, their severities and places.
//!
//! Every description becomes a [`surface::Surface`] first: a contract by way of its own OpenAPI document, a
//! vendor's OpenAPI file, a folder of them, recorded answers. Two surfaces give a [`finding::Report`].

mod compare;
pub mod finding;
pub mod fold;
mod form;
pub mod history;
pub mod import;
pub mod judge;
pub mod kind;
pub mod observed;
pub mod page;
pub mod read;
pub mod report;
pub mod surface;
pub mod verdict;
pub mod watch;
mod wording;

#[cfg(test)]
mod tests;

pub use self::compare::compare;
pub use self::finding::{Finding, Report, UnusedPart, Verdict};
pub use self::kind::{Kind, Severity};
pub use self::read::{line_of, lines_of};
pub use self::surface::{Extent, Surface};
use mockreel_contracts::Contract;
use mockreel_contracts::contract::views::openapi::{View, export};

/// What a contract says a vendor offers: what is documented, or what is enforced.
pub fn of_contract(contract: &Contract, side: View) -> Surface {
    let mut surface = read::read(&contract.full_id(), &export(contract, side));
    surface.extent = Extent::Vendor;
    surface
}
