//! Steps of numbers.

/// The step of what is a multiple of both, if both are whole.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, positive and small enough"
)]
pub(super) fn merge_steps(one: f64, other: f64) -> Option<u64> {
    let whole = |step: f64| (step.fract() == 0.0 && (1.0..1e9).contains(&step)).then_some(step as u64);
    let (one, other) = (whole(one)?, whole(other)?);
    let (mut left, mut right) = (one, other);
    while right != 0 {
        (left, right) = (right, left % right);
    }
    Some(one / left * other)
}
