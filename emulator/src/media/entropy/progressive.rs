//! The scans of a progressive JPEG (ITU-T T.81, annex G): first ones and those that refine.
//!
//! Nothing is decoded but the codes. To read a scan that refines it must be known which values of a block are not
//! nought: one bit is kept for each.

use super::{Bits, Codes, Component, LARGEST_FIRST_VALUE, Walk};

/// Scans that are followed; of an image with more the rest is believed. Encoders write about ten, and each can make
/// work for all blocks with a few bytes.
const MOST_SCANS: u32 = 100;

/// What a scan says of itself.
struct ScanHeader<'w> {
    /// The colours, by their number in the frame, each with its tables.
    parts: Vec<(usize, Component, &'w Codes, &'w Codes)>,
    /// The band of values: the first and the last.
    band: (u32, u32),
    /// Whether an earlier scan had the higher bits.
    refines: bool,
    /// The bits that are yet to come.
    low: u32,
}

/// For each colour, for each block, which values are not nought.
#[derive(Default)]
pub(super) struct ScanProgress {
    blocks: Vec<Vec<u64>>,
    scans: u32,
}

impl Walk {
    /// Follows one scan; gives the length of its data. Bytes that are left over are damage here: nobody writes them.
    pub(super) fn progressive_scan(
        &mut self,
        progress: &mut ScanProgress,
        segment: &[u8],
        data: &[u8],
    ) -> Option<usize> {
        progress.scans += 1;
        let mut bits = Bits { data, at: 0, byte: 0, left: 0 };
        let header = self.read_header(segment)?;
        let chosen: Vec<usize> = header.parts.iter().map(|part| part.0).collect();
        if progress.scans <= MOST_SCANS {
            if header.band.0 == 0 {
                self.follow_first_values(&header, &mut bits)?;
            } else {
                let of_one = self.units(&[header.parts[0].1])?;
                let blocks = usize::try_from(of_one).ok()?;
                progress.blocks.resize(self.components.len(), Vec::new());
                let known = progress.blocks.get_mut(chosen[0])?;
                known.resize(blocks, 0);
                follow_band(&header, &mut bits, known, self.restart)?;
            }
            let marker = bits.next_marker()?;
            bits.is_padded(marker).then_some(())?;
        }
        for index in chosen {
            self.components[index].scanned = true;
        }
        // Restart markers are part of a scan that is not followed.
        bits.end_of_scan()
    }

    fn read_header(&self, segment: &[u8]) -> Option<ScanHeader<'_>> {
        let (&count, rest) = segment.split_first()?;
        let (choices, rest) = rest.split_at_checked(usize::from(count) * 2)?;
        let &[start, end, bits] = rest.first_chunk()?;
        let mut parts = Vec::new();
        for choice in choices.chunks_exact(2) {
            let index = self.components.iter().position(|component| component.id == choice[0])?;
            let first = self.codes[0].get(usize::from(choice[1] >> 4))?;
            let others = self.codes[1].get(usize::from(choice[1] & 15))?;
            parts.push((index, self.components[index], first, others));
        }
        // First values come alone, and the others of one colour at a time (G.1.1.1).
        let is_band = if start == 0 { end == 0 } else { start <= end && end < 64 && parts.len() == 1 };
        let header = ScanHeader {
            parts,
            band: (u32::from(start), u32::from(end)),
            refines: bits >> 4 > 0,
            low: u32::from(bits & 15),
        };
        (is_band && header.low < 14).then_some(header)
    }

    /// The first values of all blocks: a difference each, or one bit more of each (G.1.2.1).
    fn follow_first_values(&self, header: &ScanHeader<'_>, bits: &mut Bits<'_>) -> Option<()> {
        let units = self.units(&header.parts.iter().map(|part| part.1).collect::<Vec<_>>())?;
        let mut values = vec![0_i64; header.parts.len()];
        for unit in 0..units {
            if bits.restarts(unit, self.restart)? {
                values.fill(0);
            }
            for (value, (_, component, first, _)) in values.iter_mut().zip(&header.parts) {
                let blocks = if header.parts.len() == 1 { 1 } else { component.across * component.down };
                for _ in 0..blocks {
                    if header.refines {
                        bits.bit()?;
                        continue;
                    }
                    let length = bits.symbol(first).filter(|length| *length <= 16)?;
                    *value += bits.value(length)?;
                    let size = (*value << header.low).abs() * self.steps[component.table];
                    // Twice what can be leaves room for rounding; damage runs away from it.
                    (size <= 2 * LARGEST_FIRST_VALUE + self.steps[component.table]).then_some(())?;
                }
            }
        }
        Some(())
    }
}

/// The other values of the blocks of one colour (G.1.2.2, G.1.2.3).
fn follow_band(header: &ScanHeader<'_>, bits: &mut Bits<'_>, known: &mut [u64], restart: u32) -> Option<()> {
    let (first, last) = header.band;
    let band = (u64::MAX >> (63 - last)) & (u64::MAX << first);
    let codes = header.parts[0].3;
    // Blocks, from this one on, that have no more values of their own.
    let mut empty = 0_u32;
    for (unit, block) in known.iter_mut().enumerate() {
        if bits.restarts(unit as u64, restart)? {
            // A run must not go beyond its marker.
            (empty == 0).then_some(())?;
        }
        let mut at = first;
        if empty == 0 {
            (at, empty) = follow_block(header, bits, block, codes)?;
        }
        if empty > 0 {
            let left = u64::MAX.checked_shl(at).unwrap_or(0);
            let corrections = if header.refines { (*block & band & left).count_ones() } else { 0 };
            (0..corrections).try_for_each(|_| bits.bit().map(drop))?;
            empty -= 1;
        }
    }
    (empty == 0).then_some(())
}

/// The values of one block; gives where they end, and the blocks from this one on that have no more.
fn follow_block(
    header: &ScanHeader<'_>,
    bits: &mut Bits<'_>,
    block: &mut u64,
    codes: &Codes,
) -> Option<(u32, u32)> {
    let (mut at, last) = header.band;
    while at <= last {
        let symbol = bits.symbol(codes)?;
        let (mut zeros, length) = (u32::from(symbol >> 4), symbol & 15);
        if length == 0 && zeros < 15 {
            let more = bits.unsigned(zeros)?;
            return Some((at, (1 << zeros) + more));
        }
        if header.refines {
            // A new value is one bit and its sign; on the way to it the known ones get a bit each.
            (length <= 1).then_some(())?;
            bits.skip(length)?;
            while at <= last {
                if *block >> at & 1 == 1 {
                    bits.bit()?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                at += 1;
            }
        } else {
            at += zeros;
            bits.skip(length)?;
        }
        (at <= last).then_some(())?;
        if length > 0 {
            *block |= 1 << at;
        }
        at += 1;
    }
    Some((at, 0))
}

impl Bits<'_> {
    /// A number of so many bits.
    fn unsigned(&mut self, length: u32) -> Option<u32> {
        (0..length).try_fold(0, |value, _| Some(value << 1 | u32::from(self.bit()?)))
    }

    /// Steps over the restart marker before a unit, if one is due; says whether it was.
    fn restarts(&mut self, unit: u64, interval: u32) -> Option<bool> {
        let is_due = interval > 0 && unit > 0 && unit.is_multiple_of(u64::from(interval));
        if is_due {
            let marker = self.next_marker()?;
            self.is_padded(marker).then_some(())?;
            self.restart(marker)?;
        }
        Some(is_due)
    }

    /// Whether nothing but padding stands before a marker, within the last byte too.
    fn is_padded(&self, marker: usize) -> bool {
        let ones = (1_u16 << self.left) - 1;
        let last = u16::from(self.byte) & ones;
        let rest = &self.data[self.at..marker];
        (last == 0 || last == ones) && rest.iter().all(|byte| matches!(byte, 0 | 0xFF))
    }

    /// Where the data of a scan end: at the first marker that is not for restarting.
    fn end_of_scan(&self) -> Option<usize> {
        let mut at = self.at;
        loop {
            let rest = self.data.get(at..)?;
            let ends = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF);
            let marker = at + rest.windows(2).position(ends)?;
            if !matches!(self.data[marker + 1], 0xD0..=0xD7) {
                return Some(marker);
            }
            at = marker + 2;
        }
    }
}
