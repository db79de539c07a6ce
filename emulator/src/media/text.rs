//! Images that come as text: data URIs and bare base64.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;

/// As lenient as the vendors' own decoders: padding may be missing, and bits left over are ignored.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Why a text holds no bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Neither `data:` nor base64 stands there, but nothing.
    #[error("expected a picture as text, found nothing; send a data URI or base64")]
    Empty,
    /// The text does not begin with `data:`, in any case of letters.
    #[error("expected a data URI, found a text without `data:`; begin it with `data:image/png;base64,`")]
    NoDataUri,
    /// No comma separates the type from the data.
    #[error("expected `data:<type>;base64,<data>`, found no comma; put one before the data")]
    NoComma,
    /// A character is not of base64's standard alphabet, or the length is impossible.
    #[error("expected base64 in the standard alphabet, found {found}; encode the file's bytes again")]
    NoBase64 {
        /// What was found instead, as a phrase.
        found: String,
    },
}

/// The bytes of a data URI or, where there is no `data:`, of bare base64.
///
/// # Errors
/// As [`data_uri`] and [`bare_base64`] do.
pub fn decode_text(text: &str) -> Result<Vec<u8>, TextError> {
    if is_data_uri(text) { data_uri(text) } else { bare_base64(text) }
}

/// The bytes of `data:[type][;parameters][;base64],...`. The scheme and `base64` may be of any case; the data
/// may be percent-encoded with and without base64. The type is not looked at: images are judged by their
/// bytes.
///
/// # Errors
/// If it is no data URI, if it has no data, or if its base64 is broken.
pub fn data_uri(text: &str) -> Result<Vec<u8>, TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if !is_data_uri(text) {
        return Err(TextError::NoDataUri);
    }
    let after_scheme = &text.trim_start()["data:".len()..];
    let (kind, data) = after_scheme.split_once(',').ok_or(TextError::NoComma)?;
    let plain = percent_decode(data.as_bytes());
    let last_parameter = kind.rsplit(';').next().unwrap_or_default();
    if kind.contains(';') && last_parameter.trim().eq_ignore_ascii_case("base64") {
        return base64(&Cow::from(plain));
    }
    let bytes: Vec<u8> = plain.collect();
    if bytes.is_empty() { Err(TextError::Empty) } else { Ok(bytes) }
}

/// The bytes of base64 in the standard alphabet. Padding may be missing; white space and line ends are
/// skipped.
///
/// # Errors
/// If there is nothing, or a character of another alphabet, or an impossible length.
pub fn bare_base64(text: &str) -> Result<Vec<u8>, TextError> {
    base64(text.as_bytes())
}

fn is_data_uri(text: &str) -> bool {
    let scheme = text.trim_start().as_bytes().first_chunk::<5>();
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"data:"))
}

fn base64(text: &[u8]) -> Result<Vec<u8>, TextError> {
    let dense: Cow<'_, [u8]> = if text.iter().any(u8::is_ascii_whitespace) {
        text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
    } else {
        text.into()
    };
    if dense.is_empty() {
        return Err(TextError::Empty);
    }
    LENIENT.decode(&dense).map_err(|error| TextError::NoBase64 { found: describe(&error, dense.len()) })
}

fn describe(error: &base64::DecodeError, length: usize) -> String {
    match error {
        base64::DecodeError::InvalidByte(at, byte) => {
            format!("`{}` at character {at}", byte.escape_ascii())
        }
        base64::DecodeError::InvalidLastSymbol { offset, symbol, .. } => {
            format!("`{}` at character {offset}", symbol.escape_ascii())
        }
        base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => {
            format!("{length} characters, which no number of bytes makes")
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_data_uri_may_be_spelled_in_many_ways() {
        for text in [
            "data:image/png;base64,aGVsbG8=",
            "DATA:image/png;BASE64,aGVsbG8",
            "  data:;base64,aGVs\n bG8=",
            "data:image/png;charset=x;name=a.png;base64,aGVsbG8%3D",
            "data:,hello",
            "data:text/plain,h%65llo",
        ] {
            assert_eq!(data_uri(text).as_deref(), Ok(&b"hello"[..]), "{text}");
            assert_eq!(decode_text(text).as_deref(), Ok(&b"hello"[..]), "{text}");
        }
    }

    #[test]
    fn a_type_called_base64_is_not_the_encoding() {
        assert_eq!(data_uri("data:base64,aGVsbG8=").as_deref(), Ok(&b"aGVsbG8="[..]));
    }

    #[test]
    fn a_broken_data_uri_says_what_is_missing() {
        assert_eq!(data_uri("aGVsbG8="), Err(TextError::NoDataUri));
        assert_eq!(data_uri("data:image/png;base64"), Err(TextError::NoComma));
        assert_eq!(data_uri("data:image/png;base64,"), Err(TextError::Empty));
        assert_eq!(data_uri(" "), Err(TextError::Empty));
    }

    #[test]
    fn another_alphabet_is_refused_with_its_place() {
        assert_eq!(bare_base64("aGV_"), Err(TextError::NoBase64 { found: "`_` at character 3".into() }));
        assert!(matches!(bare_base64("https://example.com/a.png"), Err(TextError::NoBase64 { .. })));
        assert!(matches!(bare_base64("aGVsb"), Err(TextError::NoBase64 { .. })));
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(
            bytes in proptest::collection::vec(any::<u8>(), 1..200),
            padded in any::<bool>(),
            line in 1_usize..100,
        ) {
            let text = if padded { STANDARD.encode(&bytes) } else { STANDARD_NO_PAD.encode(&bytes) };
            let lines: Vec<&[u8]> = text.as_bytes().chunks(line).collect();
            let broken = String::from_utf8(lines.join(&b"\r\n"[..])).unwrap();
            prop_assert_eq!(&bare_base64(&broken).unwrap(), &bytes);
            prop_assert_eq!(data_uri(&format!("data:image/jpeg;base64,{broken}")).unwrap(), bytes);
        }

        #[test]
        fn no_text_makes_it_panic(text in "(data:)?.{0,80}") {
            let _ = decode_text(&text);
            let _ = bare_base64(&text);
        }
    }
}
