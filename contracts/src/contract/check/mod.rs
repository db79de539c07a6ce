//! Checking with a contract: requests against their schemas, images against their rules, answers by their pointers.

pub mod image;
pub mod normalise;
pub mod read;
pub mod roles;
pub mod route;
pub mod rules;
pub mod schema;
pub mod together;
