//! Text files as editors write them: UTF-8, with or without a byte order mark.

use thiserror::Error;

/// The byte order mark in UTF-8, which editors and shells of Windows put before a text.
const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why bytes are no text that we read. One line, without the name of the file.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TextError {
    /// The mark at its start says that it is another encoding.
    #[error("expected UTF-8, found the byte order mark of {0}; save the file as UTF-8")]
    Encoding(&'static str),
    /// It is no UTF-8.
    #[error("expected UTF-8 text, found other bytes; check the path")]
    NotUtf8,
}

/// The bytes without a byte order mark in UTF-8.
pub fn strip_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes)
}

/// Decodes the content of a text file; a byte order mark is no part of the text.
///
/// # Errors
///
/// If it is no UTF-8; names the encoding that its mark says it has.
pub fn decode_text(bytes: &[u8]) -> Result<&str, TextError> {
    // The mark of UTF-32 in little endian begins with that of UTF-16, so it is looked for first.
    let marks: [(&[u8], &str); 4] = [
        (b"\xFF\xFE\0\0", "UTF-32"),
        (b"\0\0\xFE\xFF", "UTF-32"),
        (b"\xFF\xFE", "UTF-16"),
        (b"\xFE\xFF", "UTF-16"),
    ];
    if let Some((_, name)) = marks.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(TextError::Encoding(name));
    }
    std::str::from_utf8(strip_mark(bytes)).map_err(|_| TextError::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text_and_tells_other_encodings() {
        assert_eq!(decode_text(b"\xEF\xBB\xBF{}"), Ok("{}"));
        assert_eq!(decode_text(b"{}"), Ok("{}"));
        assert_eq!(decode_text(b"\xEF\xBB\xBF"), Ok(""));
        assert_eq!(decode_text("{\u{feff}}".as_bytes()), Ok("{\u{feff}}"), "only at the start");
        for other in [&b"\xFF\xFE{\0}\0"[..], b"\xFE\xFF\0{\0}"] {
            assert_eq!(decode_text(other), Err(TextError::Encoding("UTF-16")));
        }
        assert_eq!(decode_text(b"\xFF\xFE\0\0{\0\0\0"), Err(TextError::Encoding("UTF-32")));
        assert_eq!(decode_text(b"\x89PNG"), Err(TextError::NotUtf8));
    }
}
