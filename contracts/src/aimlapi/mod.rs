//! Video generation of a reseller of many models: one path for all, the id in the query.
//!
//! - `contract.toml` is the newest edition; each file in `editions/` turns the next newer one into an older one
//!   (`x-base`), so a fact that held for a year is written once. Read a patch from its first comment: what ended
//!   this edition, what began it, and the commits of the vendor's public documentation that say so.
//! - What an edition changes beyond schemas and texts is an option with another default: `id_form`,
//!   `request_id_form`, `error_shape`, `usage_members`, `submit_meta`, `video_members`, `tracing_headers`,
//!   `universal_route`. The dialect knows the options and never the date.
//! - Three request shapes, by upstream: `native_request` (the maker's own API), `mirror_request` (a mirror of it:
//!   prompt required, no last frame, masks or camera), and two for text to video. Before August 2025 there is
//!   `brush_request` for 1.0 standard, which alone had masks then.
//! - `duration` is documented as an integer with a default that is text, and the vendor's samples send text. Both
//!   pass; a refusal lists what is documented. Until April 2025 it was documented as text.
//! - Refusals are worded as zod 3 words them. A value of a wrong type is not a wrong value: `true` for a duration
//!   is "Expected 5 | 10, received boolean", `7` is an invalid enum value.
//! - A broken image or a forbidden combination fails the job; only what the schema itself forbids (no URL at
//!   all) is refused at submit. From August to December 2025 links were plain text, so bare base64 passed.
//! - Prices are those of December 2024, the only public ones with a date, in credits (2,000,000 to the US dollar).
//! - Not modelled: `file_size` in `video` (seen once), `tokens_used` before the autumn of 2025, `/v2/logs`, and what
//!   the catalogue of before August 2026 says beside ids and paths.
//! - The text-to-video models have no stored files older than the universal path; older editions keep them as
//!   they are today, but for the type of `duration`.

mod body;
mod catalogue;
mod deprecations;
mod dialect;
mod validation;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use crate::contract::model::edition::Edition;
use crate::vendor::Declared;

pub(crate) use self::dialect::Generations;

/// One older edition, as a patch to the next newer one.
macro_rules! edition {
    ($day:literal) => {
        Edition {
            file: concat!("aimlapi/editions/", $day, ".toml"),
            text: include_str!(concat!("editions/", $day, ".toml")),
        }
    };
}

/// The older editions, newest first.
const OLDER: &[Edition] = &[
    edition!("2026-06-12"),
    edition!("2026-01-05"),
    edition!("2025-12-19"),
    edition!("2025-12-10"),
    edition!("2025-11-12"),
    edition!("2025-11-07"),
    edition!("2025-08-19"),
    edition!("2025-07-24"),
    edition!("2025-05-08"),
    edition!("2025-04-25"),
    edition!("2025-03-26"),
    edition!("2025-03-17"),
    edition!("2025-02-18"),
    edition!("2025-02-12"),
    edition!("2025-01-28"),
];

pub(crate) const DECLARED: Declared = Declared {
    id: "aimlapi",
    // One document in two files: together they are longer than anybody reads.
    newest: Edition {
        file: "aimlapi/contract.toml, models.toml",
        text: concat!(include_str!("contract.toml"), "\n", include_str!("models.toml")),
    },
    older: OLDER,
    scenarios: include_str!("scenarios.toml"),
    dialect: || Arc::new(Generations::default()),
};
