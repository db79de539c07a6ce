//! Verdicts on documentation, emulator and vendor: rule 5 of the suite, as a pure function.
//!
//! | documentation and vendor | documentation and emulator | emulator and vendor | verdict |
//! |---|---|---|---|
//! | agree | agree | agree | ok |
//! | agree | differ | differ | emulator-wrong |
//! | differ | differ | agree | docs-wrong: the emulator follows reality |
//! | differ | agree | differ | docs-wrong-and-emulator-stale; vendor-drifted if the vendor did otherwise before; docs-wrong-or-drifted if nobody looked before |
//! | differ | differ | differ | unresolved |
//! | documentation silent | | agree | undocumented |
//! | documentation silent | | differ | undocumented-emulator-wrong |
//! | nobody looked at the vendor | | | unproven |
//!
//! Where the emulator is silent too, the vendor is held against the documentation alone; nobody is then called wrong
//! but the documentation, or the vendor for having changed.

use crate::Verdict;

/// What each of them says about one thing; `None` is silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statements<T> {
    /// The documentation.
    pub docs: Option<T>,
    /// The emulator.
    pub emulator: Option<T>,
    /// The vendor, or a recording of it.
    pub live: Option<T>,
    /// The vendor when it was looked at before.
    pub previous: Option<T>,
}

impl<T: PartialEq> Statements<T> {
    /// Who is wrong.
    pub fn verdict(&self) -> Verdict {
        let Some(live) = &self.live else { return Verdict::Unproven };
        match (&self.docs, &self.emulator) {
            (None, None) => Verdict::Undocumented,
            (None, Some(emulator)) if emulator == live => Verdict::Undocumented,
            (None, Some(_)) => Verdict::UndocumentedEmulatorWrong,
            (Some(docs), None) if docs == live => Verdict::Ok,
            (Some(_), None) => self.changed(live, Verdict::DocsWrong),
            (Some(docs), Some(emulator)) => match (docs == live, docs == emulator, emulator == live) {
                (true, true, _) => Verdict::Ok,
                (true, false, _) => Verdict::EmulatorWrong,
                (false, false, true) => Verdict::DocsWrong,
                (false, true, _) => self.changed(live, Verdict::DocsWrongAndEmulatorStale),
                (false, false, false) => Verdict::Unresolved,
            },
        }
    }

    /// Whether the vendor changed is known only to those who looked before.
    fn changed(&self, live: &T, as_before: Verdict) -> Verdict {
        match &self.previous {
            None => Verdict::DocsWrongOrDrifted,
            Some(previous) if previous == live => as_before,
            Some(_) => Verdict::VendorDrifted,
        }
    }
}

/// The word in reports.
pub fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::EmulatorWrong => "emulator-wrong",
        Verdict::DocsWrong => "docs-wrong",
        Verdict::DocsWrongAndEmulatorStale => "docs-wrong-and-emulator-stale",
        Verdict::VendorDrifted => "vendor-drifted",
        Verdict::DocsWrongOrDrifted => "docs-wrong-or-drifted",
        Verdict::Undocumented => "undocumented",
        Verdict::UndocumentedEmulatorWrong => "undocumented-emulator-wrong",
        Verdict::Unresolved => "unresolved",
        Verdict::Unproven => "unproven",
    }
}

/// What it means for whoever reads the report, as the rest of a sentence.
pub fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "all agree",
        Verdict::EmulatorWrong => "the vendor does as documented, the emulator does not",
        Verdict::DocsWrong => "the vendor does otherwise than documented",
        Verdict::DocsWrongAndEmulatorStale => {
            "the vendor does otherwise than documented, as it did before; the emulator follows the documentation"
        }
        Verdict::VendorDrifted => "the vendor does otherwise than it did before",
        Verdict::DocsWrongOrDrifted => {
            "the vendor does otherwise than documented, and nobody looked before: wrong from the start, or changed"
        }
        Verdict::Undocumented => "nobody documents it",
        Verdict::UndocumentedEmulatorWrong => "nobody documents it, and the emulator guessed wrong",
        Verdict::Unresolved => "documentation, emulator and vendor all differ",
        Verdict::Unproven => "the emulator departs from the documentation, and nobody looked at the vendor",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Documentation, emulator, vendor, vendor before; `-` is silence.
    fn verdict(words: &str) -> Verdict {
        let said = |at: usize| words.chars().nth(at).filter(|word| *word != '-');
        Statements { docs: said(0), emulator: said(1), live: said(2), previous: said(3) }.verdict()
    }

    #[test]
    fn all_agree_is_ok() {
        assert_eq!(verdict("aaa-"), Verdict::Ok);
        assert_eq!(verdict("aaab"), Verdict::Ok);
    }

    #[test]
    fn the_vendor_keeps_the_documentation_and_the_emulator_does_not() {
        assert_eq!(verdict("aba-"), Verdict::EmulatorWrong);
        assert_eq!(verdict("abab"), Verdict::EmulatorWrong);
    }

    #[test]
    fn the_emulator_follows_reality_and_the_documentation_is_wrong() {
        assert_eq!(verdict("abb-"), Verdict::DocsWrong);
    }

    #[test]
    fn the_emulator_follows_a_documentation_that_the_vendor_never_kept() {
        assert_eq!(verdict("aabb"), Verdict::DocsWrongAndEmulatorStale);
    }

    #[test]
    fn the_vendor_did_otherwise_before() {
        assert_eq!(verdict("aaba"), Verdict::VendorDrifted);
        assert_eq!(verdict("aabc"), Verdict::VendorDrifted);
    }

    #[test]
    fn nobody_looked_before_so_nobody_knows_whether_it_drifted() {
        assert_eq!(verdict("aab-"), Verdict::DocsWrongOrDrifted);
    }

    #[test]
    fn all_differ_is_unresolved() {
        assert_eq!(verdict("abc-"), Verdict::Unresolved);
        assert_eq!(verdict("abcb"), Verdict::Unresolved);
    }

    #[test]
    fn what_nobody_documents_is_undocumented_and_a_wrong_guess_is_told() {
        assert_eq!(verdict("-aa-"), Verdict::Undocumented);
        assert_eq!(verdict("-ab-"), Verdict::UndocumentedEmulatorWrong);
        assert_eq!(verdict("--b-"), Verdict::Undocumented);
    }

    #[test]
    fn without_a_look_at_the_vendor_nothing_is_proven() {
        assert_eq!(verdict("ab--"), Verdict::Unproven);
        assert_eq!(verdict("ab-b"), Verdict::Unproven);
    }

    #[test]
    fn without_the_emulator_the_vendor_is_held_against_the_documentation() {
        assert_eq!(verdict("a-a-"), Verdict::Ok);
        assert_eq!(verdict("a-b-"), Verdict::DocsWrongOrDrifted);
        assert_eq!(verdict("a-bb"), Verdict::DocsWrong);
        assert_eq!(verdict("a-ba"), Verdict::VendorDrifted);
    }

    proptest! {
        #[test]
        fn a_verdict_never_says_more_than_is_known(words in "[-abc]{4}") {
            let found = verdict(&words);
            let said = |at: usize| words.chars().nth(at).filter(|word| *word != '-');
            let (docs, emulator, live, previous) = (said(0), said(1), said(2), said(3));
            prop_assert_eq!(live.is_none(), found == Verdict::Unproven);
            if previous.is_none() || previous == live {
                prop_assert_ne!(found, Verdict::VendorDrifted);
            }
            if previous.is_some() {
                prop_assert_ne!(found, Verdict::DocsWrongOrDrifted);
            }
            if emulator.is_none() {
                prop_assert_ne!(found, Verdict::EmulatorWrong);
                prop_assert_ne!(found, Verdict::UndocumentedEmulatorWrong);
            }
            if live.is_some() && docs == live && emulator == live {
                prop_assert_eq!(found, Verdict::Ok);
            }
            let silent = matches!(found, Verdict::Undocumented | Verdict::UndocumentedEmulatorWrong);
            prop_assert_eq!(live.is_some() && docs.is_none(), silent);
        }

        #[test]
        fn renaming_what_they_say_changes_no_verdict(words in "[-abc]{4}") {
            let renamed: String = words.chars().map(|word| match word {
                'a' => 'c',
                'b' => 'a',
                'c' => 'b',
                other => other,
            }).collect();
            prop_assert_eq!(verdict(&words), verdict(&renamed));
        }
    }
}
