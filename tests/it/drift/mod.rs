//! Drift: editions, documents and a running target side by side.

mod answers;
mod documents;
mod editions;
mod inputs;
mod judged;
mod nulls;
mod probe;
mod sources;
mod tapes;
mod watch;
