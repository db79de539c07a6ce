//! Drift: editions, documents and a running target side by side.

mod answers;
mod documents;
mod editions;
mod inputs;
mod judged;
mod probe;
mod tapes;
mod watch;
