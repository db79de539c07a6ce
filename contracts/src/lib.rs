//! What each vendor promises, and how it spells things.
pub mod picture;
