//! The videos and sound of a request, and the facts about them.

use bytes::Bytes;
use mockreel_contracts::contract::check::image::{Finding, Slot};
use mockreel_contracts::contract::check::media::{MediaFacts, MediaKind, MediaRules};

use super::locate::{FileSource, NamedFile, find_own_path, locate};
use crate::app::App;
use crate::edge::call::own_limit::OwnLimit;
use crate::edge::files;
use crate::media::fetch::FetchedKind;
use crate::media::read_media;

/// The findings about the videos and sound of a request.
#[derive(Debug, Default)]
pub(in crate::edge::call) struct MediaFindings {
    /// One for each slot, in order.
    pub(in crate::edge::call) findings: Vec<Finding<MediaFacts>>,
    /// What a developer should know.
    pub(in crate::edge::call) notes: Vec<String>,
    /// The first limit of the emulator's own for which a file was not looked at.
    pub(in crate::edge::call) own_limit: Option<OwnLimit>,
}

/// Inspects every video and sound that a request names; `base` is the start of the addresses in its answer.
pub(in crate::edge::call) async fn inspect_media(
    app: &App,
    base: &str,
    slots: &[Slot<'_, MediaRules>],
    parts: &[Bytes],
) -> MediaFindings {
    let mut media = MediaFindings::default();
    for slot in slots {
        let finding = media.inspect_one(app, base, slot, parts).await;
        media.findings.push(finding);
    }
    media
}

impl MediaFindings {
    async fn inspect_one(
        &mut self,
        app: &App,
        base: &str,
        slot: &Slot<'_, MediaRules>,
        parts: &[Bytes],
    ) -> Finding<MediaFacts> {
        // A clip of the emulator's own need not be rendered to be known.
        if let Some(path) = find_own_path(app, base, slot.text)
            && let Some(facts) = files::read_clip_facts(app, &path).await
        {
            self.note_facts(slot, &facts);
            return Finding::Seen(facts);
        }
        let file = NamedFile::new(slot, slot.rules.class.word(), FetchedKind::Media);
        let read = match locate(app, base, file, parts).await {
            FileSource::Bytes(bytes) => inspect_bytes(app, bytes).await,
            FileSource::Shared(bytes) => inspect_bytes(app, bytes).await,
            FileSource::Assumed(note) => {
                self.notes.push(note);
                return Finding::Assumed;
            }
            FileSource::Unreachable(why) => {
                self.notes.push(file.note_absence(&why));
                return Finding::Unreachable(why);
            }
            FileSource::NotFetched(why) => {
                self.notes.push(file.note_absence(&why));
                self.own_limit.get_or_insert_with(|| OwnLimit::Fetch(why.clone()));
                return Finding::Unreachable(why);
            }
            FileSource::Unsound(why) => {
                self.notes.push(file.note_unsound(&why));
                return Finding::Unsound(why);
            }
        };
        match read {
            Some(facts) => {
                self.note_facts(slot, &facts);
                Finding::Seen(facts)
            }
            None => Finding::Unsound("the file could not be looked at".to_owned()),
        }
    }

    /// Says what a refusal in the vendor's words does not, and what is not judged.
    fn note_facts(&mut self, slot: &Slot<'_, MediaRules>, facts: &MediaFacts) {
        let (pointer, rules) = (&slot.pointer, &slot.rules);
        let class = rules.class.word();
        let is_listed = rules.kinds.is_empty() || rules.kinds.contains(&facts.kind);
        if facts.kind.class() != Some(rules.class) || !is_listed {
            let kinds: Vec<&str> = rules.kinds.iter().map(|kind| kind.word()).collect();
            let taken = if kinds.is_empty() { format!("every {class}") } else { kinds.join(", ") };
            let found = match facts.kind {
                MediaKind::Unknown => "of no known type",
                kind => kind.word(),
            };
            self.notes.push(format!("{pointer}: the {class} is {found}; types that are taken: {taken}"));
        } else if facts.is_readable && is_unjudged(rules, facts) {
            self.notes.push(format!(
                "{pointer}: the length or the size of this {class} ({}) is not known, and was not judged",
                facts.kind.word()
            ));
        }
    }
}

/// Whether there is a rule for a fact that is not known.
fn is_unjudged(rules: &MediaRules, facts: &MediaFacts) -> bool {
    let has_length = rules.min_seconds.or(rules.max_seconds).is_some();
    let has_sides = rules.min_side.or(rules.max_side).is_some();
    has_length && facts.milliseconds.is_none() || has_sides && facts.pixels.is_none()
}

/// Reads the facts off the threads that answer polls, a few files at once. `None` if the reader gave up.
async fn inspect_bytes<B: AsRef<[u8]> + Send + 'static>(app: &App, bytes: B) -> Option<MediaFacts> {
    let _turn = app.inspections.acquire().await;
    tokio::task::spawn_blocking(move || read_media(bytes.as_ref())).await.ok()
}
