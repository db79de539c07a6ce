//! Bits in the order of an AAC stream: the highest first.

/// Bytes that grow bit by bit.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    length: usize,
}

impl BitWriter {
    /// Appends the lowest `count` bits of a number, at most 32.
    pub(super) fn put(&mut self, count: u32, number: u32) {
        for place in (0..count).rev() {
            if self.length.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((number >> place & 1) as u8) << (7 - self.length % 8);
            }
            self.length += 1;
        }
    }

    /// How many bits there are.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The bytes; the bits that the last one lacks are zero.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bit_comes_first() {
        let mut bits = BitWriter::default();
        bits.put(3, 0b101);
        bits.put(0, 9);
        bits.put(7, 0b1100111);
        assert_eq!(bits.length(), 10);
        assert_eq!(bits.into_bytes(), [0b1011_1001, 0b1100_0000]);
    }
}
