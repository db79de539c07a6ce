//! The completeness of a JPEG's entropy-coded data.
//!
//! Decoders paint what is missing grey and say nothing. This counts the blocks instead, by following the
//! Huffman codes without making pixels of them (ITU-T T.81, annexes A.2, F.2.2 and E.1.4). Only sequential
//! JPEGs are followed; of a progressive one a block does not stand in one place.
//!
//! The strict mode of `zune-jpeg`, which is among the dependencies anyway, was tried in place of this: of 200 cuts in each
//! of five sequential JPEGs it accepts all, and this none.

/// Codes of one table: how many there are of each length, and what they mean, in the order of their values.
#[derive(Clone, Default)]
struct Codes {
    counts: [u16; 16],
    symbols: Vec<u8>,
}

/// One colour: how often it is sampled within a unit, across and down.
#[derive(Clone, Copy)]
struct Component {
    id: u8,
    across: u32,
    down: u32,
    scanned: bool,
}

#[derive(Default)]
struct Walk {
    size: (u32, u32),
    components: Vec<Component>,
    /// Tables for the first value of a block, and for the other 63.
    codes: [[Codes; 4]; 2],
    /// Units between restart markers; none if nought.
    restart: u32,
}

/// `false` if codes are missing, impossible or left over. `true` also if the JPEG is of a kind that
/// is not followed. Takes time and memory in proportion to the bytes, not to what the header claims.
pub(super) fn sound(jpeg: &[u8]) -> bool {
    follow(jpeg).is_some()
}

fn follow(jpeg: &[u8]) -> Option<()> {
    let mut walk = Walk::default();
    let mut at = 2;
    loop {
        let rest = jpeg.get(at..)?;
        let found = rest.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF))?;
        let (marker, after) = (rest[found + 1], at + found + 2);
        match marker {
            0xD9 => return walk.components.iter().all(|component| component.scanned).then_some(()),
            0x01 | 0xD0..=0xD8 => {
                at = after;
                continue;
            }
            0xC2..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return Some(()),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(*jpeg.get(after..)?.first_chunk()?));
        let segment = jpeg.get(after + 2..after + length)?;
        at = after + length;
        match marker {
            0xC0 | 0xC1 => walk.frame(segment)?,
            0xC4 => walk.tables(segment)?,
            0xDD => walk.restart = u32::from(u16::from_be_bytes(*segment.first_chunk()?)),
            0xDA => at += walk.scan(segment, jpeg.get(at..)?)?,
            _ => {}
        }
    }
}

impl Walk {
    fn frame(&mut self, segment: &[u8]) -> Option<()> {
        let &[_, h1, h0, w1, w0, _, ref components @ ..] = segment else { return None };
        self.size = (u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0])));
        let component = |part: &[u8]| Component {
            id: part[0],
            across: u32::from(part[1] >> 4),
            down: u32::from(part[1] & 15),
            scanned: false,
        };
        self.components = components.chunks_exact(3).map(component).collect();
        let fits = |side: u32| (1..=4).contains(&side);
        self.components.iter().all(|part| fits(part.across) && fits(part.down)).then_some(())
    }

    fn tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while let [place, rest @ ..] = segment {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let counts = counts.map(u16::from);
            let (symbols, rest) =
                rest.split_at_checked(counts.iter().map(|&count| usize::from(count)).sum())?;
            let tables = self.codes.get_mut(usize::from(place >> 4))?;
            *tables.get_mut(usize::from(place & 15))? = Codes { counts, symbols: symbols.to_vec() };
            segment = rest;
        }
        Some(())
    }

    /// Follows one scan; gives the length of its data.
    fn scan(&mut self, segment: &[u8], data: &[u8]) -> Option<usize> {
        let (&count, rest) = segment.split_first()?;
        let mut parts = Vec::new();
        for choice in rest.get(..usize::from(count) * 2)?.chunks_exact(2) {
            let at = self.components.iter().position(|component| component.id == choice[0])?;
            self.components[at].scanned = true;
            let first = self.codes[0].get(usize::from(choice[1] >> 4))?;
            let others = self.codes[1].get(usize::from(choice[1] & 15))?;
            parts.push((self.components[at], first, others));
        }
        let units = self.units(&parts.iter().map(|part| part.0).collect::<Vec<_>>())?;
        let mut bits = Bits { data, at: 0, byte: 0, left: 0 };
        for unit in 0..units {
            if self.restart > 0 && unit > 0 && unit.is_multiple_of(u64::from(self.restart)) {
                bits.restart()?;
            }
            for (component, first, others) in &parts {
                let blocks = if parts.len() == 1 { 1 } else { component.across * component.down };
                for _ in 0..blocks {
                    bits.block(first, others)?;
                }
            }
        }
        bits.end()
    }

    /// How many units a scan of these components has: blocks if it is one, else groups of blocks of all.
    fn units(&self, scanned: &[Component]) -> Option<u64> {
        let across = self.components.iter().map(|component| component.across).max()?;
        let down = self.components.iter().map(|component| component.down).max()?;
        let (width, height) = self.size;
        let (columns, rows) = match scanned {
            [] => return None,
            [one] => (
                (width * one.across).div_ceil(across).div_ceil(8),
                (height * one.down).div_ceil(down).div_ceil(8),
            ),
            _ => (width.div_ceil(8 * across), height.div_ceil(8 * down)),
        };
        Some(u64::from(columns) * u64::from(rows))
    }
}

/// Reads bit by bit up to the next marker.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    byte: u8,
    left: u32,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u16> {
        if self.left == 0 {
            self.byte = *self.data.get(self.at)?;
            // After an FF there stands a stuffed nought, or else the scan is over.
            let stuffed = self.byte == 0xFF;
            if stuffed && *self.data.get(self.at + 1)? != 0 {
                return None;
            }
            self.at += 1 + usize::from(stuffed);
            self.left = 8;
        }
        self.left -= 1;
        Some(u16::from(self.byte >> self.left & 1))
    }

    fn symbol(&mut self, codes: &Codes) -> Option<u8> {
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
        for &count in &codes.counts {
            code |= u32::from(self.bit()?);
            let count = u32::from(count);
            if code < first + count {
                return codes.symbols.get((index + code - first) as usize).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }

    fn skip(&mut self, count: u8) -> Option<()> {
        (0..count).try_for_each(|_| self.bit().map(drop))
    }

    fn block(&mut self, first: &Codes, others: &Codes) -> Option<()> {
        let length = self.symbol(first)?;
        self.skip(length)?;
        let mut values = 1_u32;
        while values < 64 {
            let symbol = self.symbol(others)?;
            let (zeros, length) = (u32::from(symbol >> 4), symbol & 15);
            match (zeros, length) {
                (15, 0) => values += 16,
                (_, 0) => return Some(()),
                _ => {
                    values += zeros + 1;
                    self.skip(length)?;
                }
            }
        }
        (values == 64).then_some(())
    }

    fn restart(&mut self) -> Option<()> {
        self.left = 0;
        while self.data.get(self.at..self.at + 2)? == [0xFF, 0xFF] {
            self.at += 1;
        }
        let &[0xFF, 0xD0..=0xD7] = self.data.get(self.at..self.at + 2)? else { return None };
        self.at += 2;
        Some(())
    }

    /// The place of the marker after the scan. Padding may come before it, other data not.
    fn end(&self) -> Option<usize> {
        let rest = self.data.get(self.at..)?;
        let marker = rest.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF))?;
        rest[..marker].iter().all(|byte| matches!(byte, 0 | 0xFF)).then_some(self.at + marker)
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{GrayImage, Luma, Rgb, RgbImage};
    use proptest::prelude::*;

    use super::*;

    fn jpeg(width: u32, height: u32, grey: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let shade = |x: u32, y: u32| ((x * 31) ^ (y * 17)) as u8;
        let mut encoder = JpegEncoder::new(&mut bytes);
        if grey {
            encoder.encode_image(&GrayImage::from_fn(width, height, |x, y| Luma([shade(x, y)]))).unwrap();
        } else {
            let image = RgbImage::from_fn(width, height, |x, y| Rgb([shade(x, y), shade(y, x), x as u8]));
            encoder.encode_image(&image).unwrap();
        }
        bytes
    }

    fn scan_start(jpeg: &[u8]) -> usize {
        let scan = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        scan + 2 + usize::from(u16::from_be_bytes([jpeg[scan + 2], jpeg[scan + 3]]))
    }

    #[test]
    fn an_image_cut_short_is_noticed_even_if_its_end_was_put_back() {
        let whole = jpeg(50, 40, false);
        for length in scan_start(&whole)..whole.len() - 3 {
            let cut = [&whole[..length], b"\xFF\xD9"].concat();
            assert!(!sound(&cut), "{length} of {}", whole.len());
            // What follows the end is no part of the image.
            assert!(!sound(&[&cut, &whole[length..]].concat()), "{length} of {}", whole.len());
        }
    }

    #[test]
    fn a_part_put_in_twice_is_noticed_and_padding_is_not() {
        let whole = jpeg(50, 40, false);
        let (scan, end) = (scan_start(&whole), whole.len() - 2);
        assert!(!sound(&[&whole[..end], &whole[scan..]].concat()));
        assert!(sound(&[&whole[..end], b"\0\0\0\0\xFF\xFF\xD9"].concat()));
    }

    #[test]
    fn a_height_that_the_data_do_not_fill_is_noticed() {
        let mut taller = jpeg(50, 40, false);
        let frame = taller.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        taller[frame + 6] = 72;
        assert!(!sound(&taller));
    }

    /// A JPEG whose blocks take two bits each. `frame` and `scan` are SOF0 and SOS without their lengths.
    fn handmade(frame: &[u8], restart: u8, scan: &[u8], data: &[u8]) -> Vec<u8> {
        let mut jpeg = b"\xFF\xD8".to_vec();
        let mut segment = |marker: u8, content: &[u8]| {
            jpeg.extend([0xFF, marker, 0, content.len() as u8 + 2]);
            jpeg.extend(content);
        };
        segment(0xC0, frame);
        for place in [0x00, 0x10] {
            segment(0xC4, &[place, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
        segment(0xDD, &[0, restart]);
        segment(0xDA, scan);
        [&jpeg, data, b"\xFF\xD9"].concat()
    }

    /// Two grey blocks side by side, with a restart marker between them.
    fn restarting(between: &[u8]) -> Vec<u8> {
        let data = [b"\x3F", between, b"\x3F"].concat();
        handmade(b"\x08\0\x08\0\x10\x01\x01\x11\0", 1, b"\x01\x01\0\0\x3F\0", &data)
    }

    #[test]
    fn a_colour_that_is_sampled_less_has_fewer_blocks() {
        let frame = b"\x08\0\x10\0\x10\x02\x01\x22\0\x02\x11\0";
        let scan = b"\x02\x01\0\x02\0\0\x3F\0";
        assert!(sound(&handmade(frame, 0, scan, b"\0\x3F")));
        assert!(!sound(&handmade(frame, 0, scan, b"\0")));
        assert!(!sound(&handmade(frame, 0, scan, b"\0\0\x3F")));
        // The second colour is missing.
        assert!(!sound(&handmade(frame, 0, b"\x01\x01\0\0\x3F\0", b"\0")));
    }

    #[test]
    fn restart_markers_are_followed_and_missed() {
        assert!(sound(&restarting(b"\xFF\xD0")));
        assert!(sound(&restarting(b"\xFF\xFF\xD0")));
        assert!(!sound(&restarting(b"")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whole_images_are_sound(width in 1_u32..70, height in 1_u32..70, grey in any::<bool>()) {
            prop_assert!(sound(&jpeg(width, height, grey)));
        }

        #[test]
        fn no_bytes_make_it_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            from in 0_usize..700,
        ) {
            let mut damaged = jpeg(9, 9, false);
            let from = from.min(damaged.len());
            damaged.splice(from.., bytes);
            sound(&damaged);
        }
    }
}
