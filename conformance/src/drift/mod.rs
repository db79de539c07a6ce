//! Drift: what a vendor was seen to do, beside what is written, what the stand-in does, and what was seen before.
//!
//! [`shapes`] turns recorded answers into the form in which descriptions are compared, [`verdict`] says which of
//! documentation, stand-in and vendor is wrong, [`judge`] asks that for every place and every case, [`history`]
//! remembers what was seen when, and [`report`] prints it all. Two documents are compared by the contracts.

pub mod compared;
pub mod fresh;
pub mod history;
pub mod judge;
pub mod probed;
pub mod report;
pub mod shape;
pub mod shapes;
pub mod side;
pub mod verdict;
mod words;

#[cfg(test)]
mod tests;
