//! The promises of the formats, checked on a report by hand, on any report, and on a hostile one.

mod formats;
mod hostile;
mod page;
mod progress;
pub(in crate::report) mod samples;
