//! Boxes, of which an MP4 file consists: a length, a kind, and what it contains.

/// A box of the kind whose content is the parts, one after the other.
pub(super) fn wrap_box(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(content + 8);
    // No box of an index comes near to 4 GiB; the samples' own box is not written here.
    bytes.extend((content as u32 + 8).to_be_bytes());
    bytes.extend(kind);
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// A box that begins with its version (0) and flags.
pub(super) fn wrap_full_box(kind: &[u8; 4], flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    wrap_box(kind, &[&[flags.to_be_bytes().as_slice()], parts].concat())
}

/// The bytes of all parts.
pub(super) fn join_bytes<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect()
}
