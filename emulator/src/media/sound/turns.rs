//! Sines and cosines that are the same on every machine: the platform's own may differ in the last bit.

/// The cosine and the sine of an angle in turns (1 is the full circle), to about 1e-15.
pub(super) fn rotate_by(turns: f64) -> (f64, f64) {
    let turns = turns - turns.floor();
    let quarter = (turns * 4.0 + 0.5).floor();
    let angle = (turns - quarter * 0.25) * std::f64::consts::TAU;
    let square = angle * angle;
    // The series up to the 16th and 17th power: at most an eighth of a turn, what is cut off is below 1e-16.
    let mut cosine = 1.0;
    let mut sine = 1.0;
    for step in (1..=8).rev() {
        let even = f64::from(2 * step);
        cosine = 1.0 - cosine * square / (even * (even - 1.0));
        sine = 1.0 - sine * square / (even * (even + 1.0));
    }
    sine *= angle;
    match quarter as u8 % 4 {
        0 => (cosine, sine),
        1 => (-sine, cosine),
        2 => (-cosine, -sine),
        _ => (sine, -cosine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_follows_the_circle() {
        for step in -4000..4000 {
            let turns = f64::from(step) / 1237.0;
            let (cosine, sine) = rotate_by(turns);
            let angle = turns * std::f64::consts::TAU;
            assert!((cosine - angle.cos()).abs() < 2e-14, "{turns}: {cosine}");
            assert!((sine - angle.sin()).abs() < 2e-14, "{turns}: {sine}");
        }
        assert_eq!(rotate_by(0.25), (0.0, 1.0));
        assert_eq!(rotate_by(-0.5), (-1.0, 0.0));
    }
}
