//! The only place of the suite that draws random numbers: a generator (ChaCha) that depends on its seed alone.

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// What values are drawn with. The same seed draws the same values, in any run; nothing is kept on disk.
pub(crate) fn runner(seed: &[u8; 32]) -> TestRunner {
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, seed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    use super::*;

    fn drawn(seed: u8) -> Vec<u64> {
        let mut runner = runner(&[seed; 32]);
        (0..8).map(|_| any::<u64>().new_tree(&mut runner).unwrap().current()).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_seed_another() {
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }
}
