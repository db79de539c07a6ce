//! Checking with a contract: requests against their schemas, images, videos and sound against their rules, answers by their pointers.

pub mod cross_field;
pub mod image;
pub mod intent;
pub mod media;
pub mod normalise;
pub mod read;
pub mod route;
pub mod rules;
pub mod schema;
