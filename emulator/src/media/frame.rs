//! The frame size of a clip.

/// Sides the encoder takes, in pixels: the longer one, the shorter one (OpenH264's README).
const SIDE_LIMITS: (u32, u32) = (3840, 2160);

/// The shortest side, in pixels.
const SHORTEST_SIDE: u32 = 32;

/// The most lopsided shape of a clip.
const ASPECT_LIMIT: f64 = 4.0;

/// The size of a clip in pixels: as many pixels as `area` (the nominal resolution, such as 1280 x 720), in
/// the shape of `aspect`, each side rounded to an even number.
///
/// That is what Kling does: a portrait image's clip was 724 x 1268, neither the nominal width nor height.
/// Shapes beyond 4:1 get 4:1 (the clip shows the image's middle), as does an aspect of nought get `area`
/// itself; no side becomes larger than the encoder takes.
pub fn frame_size(area: (u32, u32), aspect: (u32, u32)) -> (u32, u32) {
    let aspect = if aspect.0 == 0 || aspect.1 == 0 { area } else { aspect };
    let ratio = (f64::from(aspect.0) / f64::from(aspect.1)).clamp(1.0 / ASPECT_LIMIT, ASPECT_LIMIT);
    let ratio = if ratio.is_nan() { 1.0 } else { ratio };
    let pixels = f64::from(area.0) * f64::from(area.1);
    let (widest, highest) = if ratio >= 1.0 { SIDE_LIMITS } else { (SIDE_LIMITS.1, SIDE_LIMITS.0) };
    let even =
        |side: f64, most: u32| ((side / 2.0).round() as u32).saturating_mul(2).clamp(SHORTEST_SIDE, most);
    (even((pixels * ratio).sqrt(), widest), even((pixels / ratio).sqrt(), highest))
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

    proptest! {
        #[test]
        fn a_frame_keeps_area_and_shape(wide in 1_u32..5000, high in 1_u32..5000, full in any::<bool>()) {
            let area = if full { (1920, 1080) } else { (1280, 720) };
            let (width, height) = frame_size(area, (wide, high));
            prop_assert!(encodable(width, height));
            let pixels = f64::from(width) * f64::from(height);
            let nominal = f64::from(area.0) * f64::from(area.1);
            prop_assert!((pixels / nominal - 1.0).abs() < 0.005, "{width} x {height}");
            let ratio = (f64::from(wide) / f64::from(high)).clamp(0.25, 4.0);
            prop_assert!((f64::from(width) / f64::from(height) / ratio - 1.0).abs() < 0.005);
        }

        #[test]
        fn any_frame_size_can_be_rendered(area in any::<(u32, u32)>(), aspect in any::<(u32, u32)>()) {
            let (width, height) = frame_size(area, aspect);
            prop_assert!(encodable(width, height), "{width} x {height}");
        }
    }
}
