//! Checking with a contract: requests against their schemas, images against their rules, answers by their pointers.

pub mod cross_field;
pub mod image;
pub mod intent;
pub mod normalise;
pub mod read;
pub mod route;
pub mod rules;
pub mod schema;
