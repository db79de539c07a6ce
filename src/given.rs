//! Precedence between sources of settings: what was typed (a flag or its variable) wins over the configuration file.

use std::collections::BTreeMap;

/// A setting that may be left out.
pub(crate) trait Given {
    /// The setting, or that of the file where it was left out.
    fn or(self, file: Self) -> Self;
}

impl<T> Given for Option<T> {
    fn or(self, file: Self) -> Self {
        Option::or(self, file)
    }
}

impl<T> Given for Vec<T> {
    fn or(self, file: Self) -> Self {
        if self.is_empty() { file } else { self }
    }
}

impl<K, V> Given for BTreeMap<K, V> {
    fn or(self, file: Self) -> Self {
        if self.is_empty() { file } else { self }
    }
}

/// Fills the settings that were not typed from the file. Those behind the semicolon are in no file; one that is in neither
/// list does not compile.
macro_rules! fill {
    ($typed:ident, $file:ident, $flags:ident { $($key:ident),+ ; $($typed_only:ident),+ }) => {
        let $flags { $($key),+, $($typed_only: _),+ } = $file;
        $( $typed.$key = crate::given::Given::or($typed.$key, $key); )+
    };
}
