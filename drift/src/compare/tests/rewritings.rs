//! Rewritings of a schema: those that keep its values are silent, those that do not are told.
