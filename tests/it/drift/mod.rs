//! Drift: editions, documents and a running target side by side.

mod answers;
mod documents;
mod editions;
mod probe;
