//! The project's own images, compiled in.
//!
//! They sit on, and just beyond, every limit that a vendor states for an image: JPG or PNG, at most
//! 10 MB (10 x 1024 x 1024 bytes), each side at least 300 pixels, the aspect between 2:5 and 5:2, all
//! bounds inclusive. `fixtures/images/README.md` lists them with what each is expected to meet with.

use std::borrow::Cow;

/// An image of the project, or something that only pretends to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixture {
    /// Its file name, unique among all fixtures; also the last part of its address.
    pub name: &'static str,
    /// The `Content-Type` it is served with. It follows the name, so it lies where the name lies.
    pub media_type: &'static str,
    /// The bytes that are stored; `content` adds the padding.
    pub bytes: &'static [u8],
    /// Length in bytes up to which zeros follow the stored bytes, for images too long to be stored.
    pub padded_to: Option<u64>,
    /// What it is, and on which side of which limit; a fragment without a full stop.
    pub what: &'static str,
}

impl Fixture {
    /// Everything that is served under this name, padding included. Allocates for padded fixtures only.
    pub fn content(&self) -> Cow<'static, [u8]> {
        match self.padded_to {
            None => Cow::Borrowed(self.bytes),
            Some(length) => {
                let mut content = self.bytes.to_vec();
                content.resize(usize::try_from(length).expect("a padded fixture is some 10 MB long"), 0);
                Cow::Owned(content)
            }
        }
    }
}

/// Every fixture, in the order of the README beside the images.
pub fn all() -> &'static [Fixture] {
    ALL
}

/// The fixture of exactly this name, `None` if there is none.
pub fn find(name: &str) -> Option<&'static Fixture> {
    ALL.iter().find(|fixture| fixture.name == name)
}

/// Largest image that a vendor takes, in bytes: "10 MB", read as 10 x 1024 x 1024, inclusive.
const IMAGE_LIMIT_BYTES: u64 = 10 * 1024 * 1024;

/// A fixture of its own file, or of another file's bytes padded to some length.
macro_rules! fixture {
    ($name:literal, $media_type:literal, $what:literal) => {
        Fixture {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../../fixtures/images/", $name)),
            padded_to: None,
            what: $what,
        }
    };
    ($name:literal, $media_type:literal, $file:literal padded to $length:expr, $what:literal) => {
        Fixture {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../../fixtures/images/", $file)),
            padded_to: Some($length),
            what: $what,
        }
    };
}

static ALL: &[Fixture] = &[
    fixture!("landscape.jpg", "image/jpeg", "a valley by day, 16:9"),
    fixture!("portrait.png", "image/png", "the same valley, 9:16"),
    fixture!("square.jpg", "image/jpeg", "the same valley, 1:1"),
    fixture!("tail.jpg", "image/jpeg", "the evening of `landscape.jpg`, for a last frame"),
    fixture!("mask.png", "image/png", "white where the balloon of `landscape.jpg` flies, of the same size"),
    fixture!("side-300.png", "image/png", "both sides exactly 300 pixels"),
    fixture!("side-299-wide.png", "image/png", "the height one pixel short of 300"),
    fixture!("side-299-tall.png", "image/png", "the width one pixel short of 300"),
    fixture!("ratio-5-2.png", "image/png", "exactly 5:2"),
    fixture!("ratio-beyond-5-2.png", "image/png", "one pixel wider than 5:2"),
    fixture!("ratio-2-5.png", "image/png", "exactly 2:5"),
    fixture!("ratio-beyond-2-5.png", "image/png", "one pixel taller than 2:5"),
    fixture!(
        "ten-megabytes.jpg",
        "image/jpeg",
        "landscape.jpg" padded to IMAGE_LIMIT_BYTES,
        "`landscape.jpg` and zeros after its end, exactly 10 MB; not stored"
    ),
    fixture!(
        "over-ten-megabytes.jpg",
        "image/jpeg",
        "landscape.jpg" padded to IMAGE_LIMIT_BYTES + 1,
        "the same, one byte over 10 MB; not stored"
    ),
    fixture!(
        "exif-rotated.jpg",
        "image/jpeg",
        "tall by its header, wide by its Exif orientation 6; the header counts"
    ),
    fixture!("progressive.jpg", "image/jpeg", "a JPEG in several scans"),
    fixture!("cmyk.jpg", "image/jpeg", "a JPEG in four inks"),
    fixture!("gray.png", "image/png", "a PNG without colour"),
    fixture!("alpha.png", "image/png", "a PNG with transparency"),
    fixture!("16bit.png", "image/png", "a grey PNG with 16 bits a pixel"),
    fixture!("png-named.jpg", "image/jpeg", "a PNG under a JPEG's name; the bytes count"),
    fixture!("truncated.jpg", "image/jpeg", "the first half of `landscape.jpg`"),
    fixture!("truncated.png", "image/png", "the first half of `portrait.png`"),
    fixture!("bomb.png", "image/png", "a header that claims far more pixels than follow"),
    fixture!("bomb.jpg", "image/jpeg", "the same as a JPEG"),
    fixture!("zero-sized.png", "image/png", "a header that claims no pixels at all"),
    fixture!("empty.bin", "application/octet-stream", "no byte at all"),
    fixture!("not-a-picture.txt", "text/plain; charset=utf-8", "words"),
    fixture!("animation.gif", "image/gif", "a format nobody takes, in three frames"),
    fixture!("picture.webp", "image/webp", "a format nobody takes"),
    fixture!("picture.bmp", "image/bmp", "a format nobody takes"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Cursor;
    use std::path::{Path, PathBuf};

    use image::{ImageFormat, ImageReader, Limits};

    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/images")
    }

    /// Width and height as the header of a JPEG or PNG says, before anything is decoded.
    fn pixels(content: &[u8]) -> Option<(u32, u32)> {
        let be16 = |at: usize| Some(u32::from(u16::from_be_bytes(content.get(at..at + 2)?.try_into().ok()?)));
        match image::guess_format(content).ok()? {
            ImageFormat::Png => Some(((be16(16)? << 16) | be16(18)?, (be16(20)? << 16) | be16(22)?)),
            ImageFormat::Jpeg => {
                let mut at = 2;
                while !matches!(content.get(at + 1)?, 0xc0..=0xc2) {
                    at += 2 + usize::try_from(be16(at + 2)?).ok()?;
                }
                Some((be16(at + 7)?, be16(at + 5)?))
            }
            _ => None,
        }
    }

    /// What a vendor would say by the stated limits, judged with a decoder that is not the emulator's.
    fn accepted(content: &[u8]) -> bool {
        let Some((width, height)) = pixels(content) else { return false };
        let (w, h) = (u64::from(width), u64::from(height));
        let within =
            content.len() as u64 <= IMAGE_LIMIT_BYTES && w.min(h) >= 300 && 2 * w <= 5 * h && 2 * h <= 5 * w;
        let mut reader = ImageReader::new(Cursor::new(content)).with_guessed_format().unwrap();
        let mut limits = Limits::default();
        limits.max_alloc = Some(64 * 1024 * 1024);
        reader.limits(limits);
        // The decoder forgives a JPEG that breaks off, so its end is asked for here.
        let ends = image::guess_format(content).unwrap() != ImageFormat::Jpeg
            || content.windows(2).any(|pair| pair == [0xff, 0xd9]);
        within && ends && reader.decode().is_ok()
    }

    /// The line of the README's table that is true of this fixture.
    fn row(fixture: &Fixture) -> String {
        let content = fixture.content();
        let size = pixels(&content).map_or_else(|| "-".to_owned(), |(w, h)| format!("{w} x {h}"));
        let verdict = if accepted(&content) { "yes" } else { "no" };
        format!(
            "| `{}` | {} | {} | {} | {} | {} |",
            fixture.name,
            fixture.media_type,
            content.len(),
            size,
            fixture.what,
            verdict
        )
    }

    #[test]
    fn every_file_in_the_folder_is_a_fixture_and_every_stored_fixture_a_file() {
        let stored: BTreeSet<String> = std::fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "README.md" && name != "make.py" && name != "__pycache__")
            .collect();
        let listed: BTreeSet<String> =
            all().iter().filter(|f| f.padded_to.is_none()).map(|f| f.name.to_owned()).collect();
        assert_eq!(listed, stored, "list each file of fixtures/images in fixtures.rs, and no other");
    }

    #[test]
    fn a_fixture_is_found_by_its_whole_name_only() {
        for fixture in all() {
            assert_eq!(find(fixture.name), Some(fixture), "`{}` is listed twice", fixture.name);
        }
        for unknown in ["", "landscape", "LANDSCAPE.JPG", "../images/landscape.jpg", "make.py"] {
            assert_eq!(find(unknown), None, "`{unknown}` is no fixture");
        }
    }

    #[test]
    fn padding_reaches_the_limit_exactly_and_adds_nothing_but_zeros() {
        let landscape = find("landscape.jpg").unwrap();
        for (name, length) in [("ten-megabytes.jpg", 10_485_760), ("over-ten-megabytes.jpg", 10_485_761)] {
            let content = find(name).unwrap().content();
            assert_eq!(content.len(), length, "{name}");
            let (image, padding) = content.split_at(landscape.bytes.len());
            assert_eq!(image, landscape.bytes, "{name} begins as landscape.jpg");
            assert!(padding.iter().all(|byte| *byte == 0), "{name} is padded with zeros");
        }
    }

    #[test]
    fn only_padded_fixtures_are_copied() {
        for fixture in all() {
            let borrowed = matches!(fixture.content(), Cow::Borrowed(_));
            assert_eq!(borrowed, fixture.padded_to.is_none(), "{}", fixture.name);
        }
    }

    #[test]
    fn the_readme_states_length_size_and_verdict_of_every_fixture() {
        let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
        let stated: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `")).collect();
        let wanted: Vec<String> = all().iter().map(row).collect();
        assert!(
            stated == wanted,
            "the table of fixtures/images/README.md should read:\n{}",
            wanted.join("\n")
        );
    }

    #[test]
    fn stored_images_stay_small_enough_to_be_compiled_in() {
        let stored = || all().iter().filter(|fixture| fixture.padded_to.is_none());
        for fixture in stored() {
            assert!(fixture.bytes.len() < 60_000, "`{}` has {} bytes", fixture.name, fixture.bytes.len());
        }
        let total: usize = stored().map(|fixture| fixture.bytes.len()).sum();
        assert!(total < 600_000, "the pictures take {total} bytes, keep them below 600,000");
    }
}
