//! Ids that no job has, in the form of the vendor's.

use mockreel_contracts::Operation;
use serde_json::Value;

use super::Session;

impl Session<'_> {
    /// An id that has the form of the vendor's, and that no job has.
    pub fn strange_id(&self, label: &str) -> String {
        let bytes = self.draw(label);
        let poll = self.profile.operation(Operation::Poll);
        let place = poll.and_then(|poll| poll.read.id.as_deref());
        let schema = poll
            .zip(place)
            .and_then(|(poll, place)| mockreel_contracts::contract::check::schema::at(&poll.reply, place));
        let says = |key: &str| schema.and_then(|schema| schema.get(key)).and_then(Value::as_str);
        if says("format") == Some("uuid") {
            let mut given = [0; 16];
            given.copy_from_slice(&bytes[..16]);
            return mockreel_contracts::ids::uuid(given);
        }
        let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let text: String = bytes
            .iter()
            .take(21)
            .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
            .collect();
        let before = says("pattern").and_then(|pattern| pattern.strip_prefix('^')).unwrap_or_default();
        let literal =
            before.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
        format!("{}{text}", if literal { before } else { "" })
    }
}
