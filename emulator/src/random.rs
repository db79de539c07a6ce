//! The only place that draws random numbers.
//!
//! Every number comes from a generator named by (seed, account, vendor, number, purpose), so that
//! what one account gets never depends on when another one asks.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// What random numbers are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The id of a job and everything about it that is random.
    Job,
    /// How long a job takes.
    Latency,
    /// What is random about a refusal (request ids).
    Refusal,
    /// The address of an upload.
    Upload,
    /// Whether a scenario meets a request, and with what.
    Scenario,
    /// The ids of a job's callbacks, and how late they are.
    Callback,
}

impl Purpose {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Job => b"job",
            Self::Latency => b"latency",
            Self::Refusal => b"refusal",
            Self::Upload => b"upload",
            Self::Scenario => b"scenario",
            Self::Callback => b"callback",
        }
    }
}

/// The run's randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// A seed that the user did not choose.
    pub fn fresh() -> Self {
        // The standard library keys its hashers from the operating system's randomness.
        Self(RandomState::new().build_hasher().finish() >> 16)
    }

    /// The generator of that name.
    pub fn draw(self, account: &str, vendor: &str, number: u64, purpose: Purpose) -> Draw {
        let mut name = Sha256::new();
        name.update(self.0.to_le_bytes());
        for part in [account.as_bytes(), vendor.as_bytes(), &number.to_le_bytes(), purpose.name()] {
            name.update((part.len() as u64).to_le_bytes());
            name.update(part);
        }
        Draw(ChaCha12Rng::from_seed(name.finalize().into()))
    }
}

/// The generator of an image's own randomness: the same number draws the same image.
pub fn sketch(number: u64) -> Draw {
    Draw(ChaCha12Rng::seed_from_u64(number))
}

/// A named generator.
#[derive(Debug)]
pub struct Draw(ChaCha12Rng);

impl Draw {
    /// Thirty-two random bytes.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// An even draw from the whole numbers below `below`, which is at least 1.
    pub fn below(&mut self, below: usize) -> usize {
        // The bias is one part in 2^64 divided by `below`.
        usize::try_from(self.0.next_u64() % below.max(1) as u64).unwrap_or(0)
    }

    /// An even draw between two bounds; the lower one if they are in the wrong order.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        // 53 bits are what a float can hold.
        let unit = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        low + unit * (high - low).max(0.0)
    }
}

/// A hash with keys of its own in every run, so wide that no two texts have the same. It decides nothing that anybody sees.
#[derive(Debug, Default)]
pub(crate) struct KeyedHash([RandomState; 2]);

impl KeyedHash {
    /// The hash of texts, one after the other.
    pub(crate) fn of<'t>(&self, parts: impl Iterator<Item = &'t [u8]>) -> [u64; 2] {
        let mut hashes = self.0.each_ref().map(BuildHasher::build_hasher);
        for part in parts {
            hashes.iter_mut().for_each(|hash| part.hash(hash));
        }
        hashes.map(|hash| hash.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_draws_the_same_and_any_other_name_something_else() {
        let draw = |seed, account, vendor, number, purpose| {
            Seed(seed).draw(account, vendor, number, purpose).bytes()
        };
        let first = draw(1, "a", "v", 0, Purpose::Job);
        assert_eq!(first, draw(1, "a", "v", 0, Purpose::Job));
        for other in [
            draw(2, "a", "v", 0, Purpose::Job),
            draw(1, "av", "", 0, Purpose::Job),
            draw(1, "a", "v", 1, Purpose::Job),
            draw(1, "a", "v", 0, Purpose::Refusal),
        ] {
            assert_ne!(first, other);
        }
    }
}
