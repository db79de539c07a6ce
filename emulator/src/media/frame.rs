//! The frame size of a clip.

/// Sides the encoder takes, in pixels: the longer one, the shorter one (OpenH264's README).
const SIDE_LIMITS: (u32, u32) = (3840, 2160);

/// The shortest side, in pixels.
const SHORTEST_SIDE: u32 = 32;

/// The most lopsided shape of a clip.
const ASPECT_LIMIT: u64 = 4;

/// Every side of the maker's clips is a multiple of it, in pixels.
const SIDE_STEP: u32 = 4;

/// The size of a clip in pixels: as many pixels as `area` (the nominal resolution, such as 1280 x 720), in
/// the shape of `aspect`, each side rounded down to a multiple of four.
///
/// Inferred: the maker's sizes 724 x 1268, 1924 x 1076, 1284 x 716, 1172 x 784, 1916 x 1080 and 1088 x 1904
/// all follow, from what is known of the images behind them. Shapes beyond 4:1 get 4:1 (the clip shows the
/// image's middle), as does an aspect of nought get `area` itself; no side becomes larger than the encoder
/// takes.
pub fn frame_size(area: (u32, u32), aspect: (u32, u32)) -> (u32, u32) {
    let (wide, high) = if aspect.0 == 0 || aspect.1 == 0 { area } else { aspect };
    let (wide, high) = if wide == 0 || high == 0 { (1, 1) } else { (wide, high) };
    let (wide, high) = (u64::from(wide), u64::from(high));
    let (wide, high) = (wide.min(high * ASPECT_LIMIT), high.min(wide * ASPECT_LIMIT));
    let pixels = u128::from(area.0) * u128::from(area.1);
    let (widest, highest) = if wide >= high { SIDE_LIMITS } else { (SIDE_LIMITS.1, SIDE_LIMITS.0) };
    // In whole numbers: 16:9 of 1280 x 720 is 1280 x 720, and not one step less.
    let side = |along: u64, across: u64, most: u32| {
        let steps =
            (pixels * u128::from(along) / u128::from(across) / u128::from(SIDE_STEP * SIDE_STEP)).isqrt();
        u32::try_from(steps).unwrap_or(u32::MAX).saturating_mul(SIDE_STEP).clamp(SHORTEST_SIDE, most)
    };
    (side(wide, high, widest), side(high, wide, highest))
}

/// The size of a frame that is shrunk until its longer side has no more than `longest` pixels.
pub fn shrink_frame((width, height): (u32, u32), longest: u32) -> (u32, u32) {
    let long = width.max(height);
    let side = |side: u32| {
        let shrunk = u64::from(side) * u64::from(longest.min(long)) / u64::from(long.max(1));
        (u32::try_from(shrunk).unwrap_or(u32::MAX) / SIDE_STEP * SIDE_STEP).max(SHORTEST_SIDE)
    };
    (side(width), side(height))
}

/// Whether the encoder takes frames of this size, in pixels.
pub(super) fn encodable(width: u32, height: u32) -> bool {
    let (long, short) = (width.max(height), width.min(height));
    let even = width.is_multiple_of(2) && height.is_multiple_of(2);
    even && short >= SHORTEST_SIDE && long <= SIDE_LIMITS.0 && short <= SIDE_LIMITS.1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_nominal_shape_gives_the_nominal_size() {
        assert_eq!(frame_size((1280, 720), (16, 9)), (1280, 720));
        assert_eq!(frame_size((1280, 720), (9, 16)), (720, 1280));
        assert_eq!(frame_size((1280, 720), (1, 1)), (960, 960));
        assert_eq!(frame_size((1920, 1080), (1920, 1080)), (1920, 1080));
        assert_eq!(frame_size((1280, 720), (0, 5)), (1280, 720));
        assert_eq!(frame_size((0, 0), (0, 0)), (32, 32));
    }

    #[test]
    fn sizes_are_those_that_the_maker_was_seen_to_make() {
        for (full, image, size) in [
            (false, (832, 1456), (724, 1268)),
            (true, (1344, 752), (1924, 1076)),
            (false, (1376, 768), (1284, 716)),
            (false, (1024, 683), (1172, 784)),
            (true, (1672, 941), (1916, 1080)),
            (true, (768, 1344), (1088, 1904)),
        ] {
            let area = if full { (1920, 1080) } else { (1280, 720) };
            assert_eq!(frame_size(area, image), size, "{image:?}");
        }
    }

    proptest! {
        #[test]
        fn a_frame_keeps_area_and_shape(wide in 1_u32..5000, high in 1_u32..5000, full in any::<bool>()) {
            let area = if full { (1920, 1080) } else { (1280, 720) };
            let (width, height) = frame_size(area, (wide, high));
            prop_assert!(encodable(width, height));
            let pixels = f64::from(width) * f64::from(height);
            let nominal = f64::from(area.0) * f64::from(area.1);
            prop_assert!(pixels <= nominal && pixels / nominal > 0.985, "{width} x {height}");
            prop_assert!(width % 4 == 0 && height % 4 == 0);
            let ratio = (f64::from(wide) / f64::from(high)).clamp(0.25, 4.0);
            prop_assert!((f64::from(width) / f64::from(height) / ratio - 1.0).abs() < 0.01);
        }

        #[test]
        fn any_frame_size_can_be_rendered(area in any::<(u32, u32)>(), aspect in any::<(u32, u32)>()) {
            let (width, height) = frame_size(area, aspect);
            prop_assert!(encodable(width, height), "{width} x {height}");
        }
    }
}
