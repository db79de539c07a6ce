//! What a run may spend, and the ledger on disk that remembers it.
