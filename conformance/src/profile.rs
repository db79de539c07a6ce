//! What a vendor's edition offers, as far as the suite asks for it.

/// What a vendor's edition offers.
#[derive(Debug)]
pub struct Profile {}
