//! Views of a contract: its page, its OpenAPI document, and example bodies.

pub mod examples;
pub mod openapi;
pub mod page;
