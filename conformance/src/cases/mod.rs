//! The cases of the catalogue, an area to a file.
