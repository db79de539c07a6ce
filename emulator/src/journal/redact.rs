//! Redaction of journal entries: keys become digests, images become their size and digest, long texts are cut.
//!
//! Time and memory are linear in what was sent, and what is large is not copied.

use std::borrow::Cow;

use mockreel_evidence::redact::{Secrecy, Secrets, short_digest};
use serde_json::{Map, Value};

use super::secrets::{RequestSecrets, marker};
use crate::edge::headers::SCENARIO_HEADER;
use crate::edge::incoming::bounds::{self, BoundExceeded};

/// The longest text that is kept whole, in characters.
const TEXT_CHARACTERS: usize = 2_000;

/// What stands for a file.
pub(super) fn file(bytes: &[u8]) -> String {
    format!("<file: {} bytes, sha256 {}>", bytes.len(), short_digest(bytes))
}

/// Knows the secrets of one exchange.
#[derive(Debug)]
pub(crate) struct EntryRedactor {
    secrets: Secrets,
}

impl EntryRedactor {
    /// For a request with these headers (names in lower case) and this path and query.
    pub(crate) fn new(headers: &[(String, String)], target: &str) -> Self {
        let mut secrets = RequestSecrets::of(headers, target);
        let ordered = headers.iter().filter(|(name, _)| name == SCENARIO_HEADER);
        for key in ordered.filter_map(|(_, text)| key_in(&order(text)?).map(str::to_owned)) {
            secrets.add_key(&key);
        }
        Self { secrets: secrets.finish() }
    }

    /// Whether a path and query have secrets of their own, by the names of parameters.
    pub(crate) fn has_secrets(target: &str) -> bool {
        RequestSecrets::has_named(target)
    }

    /// For an order that names an account by this key.
    pub(crate) fn of_key(key: &str) -> Self {
        let mut secrets = RequestSecrets::default();
        secrets.add_key(key);
        Self { secrets: secrets.finish() }
    }

    /// Whether a text holds none of the secrets, however they are written.
    pub(super) fn is_clean(&self, text: &str) -> bool {
        !self.secrets.are_in(text)
    }

    /// JSON without the secrets; nothing, if none of them is in it.
    pub(crate) fn hide_json(&self, value: &Value) -> Option<Value> {
        let hide = |text: &str| self.secrets.hide_text(text).into_owned();
        let is_secret = self.secrets.are_in(&value.to_string());
        is_secret.then(|| self.secrets.hide_members(value, Secrecy::None, &hide))
    }

    /// Any text.
    pub(crate) fn text(&self, text: &str) -> String {
        let text = self.secrets.hide_encoded(text);
        let text = self.quoted(&text);
        match text.char_indices().nth(TEXT_CHARACTERS) {
            None => self.secrets.hide_text(&text).into_owned(),
            Some((bytes, _)) => {
                let start = self.start(&text, bytes);
                format!("{start}… <shortened: {} characters in all>", text.chars().count())
            }
        }
    }

    /// JSON in a text, without what its names say is secret; any other text as it is.
    fn quoted<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let is_json = text.trim_ascii_start().starts_with(['{', '[']);
        if let Some(bound) = bounds::check_json(text.as_bytes())
            .err()
            .filter(|bound| is_json && *bound == BoundExceeded::JsonValues)
        {
            // What its names say cannot be known without reading it.
            return format!("<JSON of {bound}, {} characters in all>", text.chars().count()).into();
        }
        let hidden = self.secrets.hide_quoted(text, &|inner| self.quoted(inner).into_owned());
        hidden.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// A text without the images in it.
    pub(super) fn hide_encoded<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.secrets.hide_encoded(text)
    }

    /// The first so many bytes of a text.
    pub(crate) fn start(&self, text: &str, bytes: usize) -> String {
        self.secrets.hide_start(text, bytes).unwrap_or_else(|| {
            let characters = text[..text.floor_char_boundary(bytes)].chars().count();
            format!("<{characters} characters with a key in them, written in another way>")
        })
    }

    /// A text that may be a secret by the names of the members in which it stands.
    pub(super) fn named(&self, secrecy: Secrecy, text: &str) -> String {
        self.secrets.hide_named(secrecy, text).unwrap_or_else(|| self.text(text))
    }

    /// A number, unless its digits are a secret.
    pub(super) fn number(&self, number: serde_json::Number) -> Value {
        let text = number.to_string();
        if self.secrets.are_in(&text) { self.secrets.hide_text(&text).into() } else { Value::Number(number) }
    }

    /// Headers by their names; what came several times is joined.
    pub(crate) fn headers(&self, headers: &[(String, String)]) -> Value {
        let mut shown: Map<String, Value> = Map::new();
        for (name, value) in headers {
            let value = self.header(name, value);
            match shown.get_mut(name) {
                Some(Value::String(held)) => *held = format!("{held}, {value}"),
                _ => {
                    shown.insert(self.secrets.hide_text(name).into_owned(), value.into());
                }
            }
        }
        Value::Object(shown)
    }

    /// The value of a header.
    pub(super) fn header(&self, name: &str, value: &str) -> String {
        let shown = || if name == SCENARIO_HEADER { self.scenario(value) } else { self.text(value) };
        self.secrets.hide_header(name, value).unwrap_or_else(shown)
    }

    /// An order for one request: the key in it becomes a digest.
    fn scenario(&self, text: &str) -> String {
        if !text.trim_start().starts_with('{') {
            return self.text(text);
        }
        match order(text) {
            Some(mut order) if key_in(&order).is_some() => {
                let key = key_in(&order).map(marker);
                order["match"]["account"] = key.into();
                self.text(&order.to_string())
            }
            Some(_) => self.text(text),
            // Where a key stands in what is no JSON, nobody knows.
            None => format!("<{} characters that are no JSON>", text.chars().count()),
        }
    }
}

/// A scenario as it came in a header.
fn order(text: &str) -> Option<Value> {
    let is_small = text.trim_start().starts_with('{') && bounds::check_json(text.as_bytes()).is_ok();
    is_small.then(|| serde_json::from_str(text).ok()).flatten()
}

/// The key that an order names an account by.
fn key_in(order: &Value) -> Option<&str> {
    order.pointer("/match/account")?.as_str()
}

#[cfg(test)]
mod tests {
    use mockreel_evidence::exchange::{self as evidence, Content, KeptRequest, Outgoing, WireError};
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::shown::LoggedBody;
    use super::*;

    fn redactor(key: &str) -> EntryRedactor {
        EntryRedactor::new(&[("authorization".to_owned(), format!("Bearer {key}"))], "/")
    }

    #[test]
    fn headers_keep_everything_but_credentials() {
        let headers = [
            ("authorization", "Bearer the-key"),
            ("x-api-key", "another-key"),
            ("accept", "application/json"),
            ("x-note", "the-key and another-key"),
            ("accept", "text/plain"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let shown = EntryRedactor::new(&headers, "/").headers(&headers);
        let (one, other) = (marker("the-key"), marker("another-key"));
        let expected = json!({
            "authorization": format!("Bearer {one}"),
            "x-api-key": other,
            "accept": "application/json, text/plain",
            "x-note": format!("{one} and {other}"),
        });
        assert_eq!(shown, expected);
        assert!(one.contains(&crate::account::digest("the-key")[..8]), "the marker starts as the account");
    }

    #[test]
    fn a_scenario_for_one_request_is_kept_but_for_the_key_in_it() {
        let text = r#"{"match": {"account": "my-key", "operation": "submit"}, "then": {}}"#;
        let headers = [(SCENARIO_HEADER.to_owned(), text.to_owned())];
        let redactor = EntryRedactor::new(&headers, "/");
        let shown = redactor.headers(&headers);
        let told =
            format!(r#"{{"match":{{"account":"{}","operation":"submit"}},"then":{{}}}}"#, marker("my-key"));
        assert_eq!(shown[SCENARIO_HEADER], told);
        assert_eq!(redactor.text("no my-key here"), format!("no {} here", marker("my-key")));
        for (plain, told) in
            [("rehearsal", "rehearsal"), (r#"{"account": "k"#, "<14 characters that are no JSON>")]
        {
            let headers = [(SCENARIO_HEADER.to_owned(), plain.to_owned())];
            assert_eq!(EntryRedactor::new(&headers, "/").headers(&headers)[SCENARIO_HEADER], told);
        }
    }

    #[test]
    fn images_become_their_length_and_digest_and_prompts_do_not() {
        let redactor = redactor("the-key");
        let base64: String = ('a'..='z').cycle().take(300).collect();
        let told = format!("<base64: 300 characters, sha256 {}>", short_digest(base64.as_bytes()));
        assert_eq!(redactor.text(&base64), told);
        let uri = format!("data:image/png;base64,{base64}");
        assert_eq!(redactor.text(&uri), format!("data:image/png;base64,{told}"));
        assert_eq!(
            redactor.text("DATA:image/png;BASE64,AAAA"),
            format!("DATA:image/png;BASE64,<base64: 4 characters, sha256 {}>", short_digest(b"AAAA"))
        );
        for prompt in ["data: none", "data:text/plain,hello", &"a".repeat(2_000), "a cat"] {
            assert_eq!(redactor.text(prompt), prompt);
        }
    }

    #[test]
    fn long_texts_are_shortened_and_say_how_long_they_were() {
        let redactor = redactor("the-key");
        let text = "é ".repeat(1_500);
        let told = format!("{}… <shortened: 3000 characters in all>", "é ".repeat(1_000));
        assert_eq!(redactor.text(&text), told);
        let across = format!("{}the-key{}", "é ".repeat(998), " x".repeat(100));
        assert!(redactor.text(&across).starts_with(&format!("{}{}", "é ".repeat(998), marker("the-key"))));
    }

    #[test]
    fn secrets_in_a_query_are_hidden_by_their_name_and_by_their_value() {
        let redactor = redactor("the-key");
        let hidden = redactor.text("/a/the%2Dkey?api_key=x&b=the-key&access_token=y%20z&plain=1");
        let [key, x, yz] = ["the-key", "x", "y z"].map(marker);
        assert_eq!(hidden, format!("/a/{key}?api_key={x}&b={key}&access_token={yz}&plain=1"));
    }

    /// What a cassette keeps of the same headers, address and members.
    fn keep(headers: &[(String, String)], url: &str, body: &Value) -> KeptRequest {
        let request = Outgoing {
            method: "POST".to_owned(),
            url: url.to_owned(),
            headers: headers.to_vec(),
            body: evidence::Body::Json(body.clone()),
        };
        let lost = Err(WireError::Lost { why: String::new() });
        mockreel_evidence::redact::Redactor::default().keep(1, "", 0, 0, &request, &lost).request
    }

    /// Names that speak of a secret, names that nearly do, and any.
    fn name() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "x",
            "api",
            "auth",
            "key",
            "token",
            "tokens",
            "max",
            "session",
            "id",
            "sig",
            "jwt",
            "ks",
            "secret",
            "cookie",
            "amz",
            "signature",
            "expires",
            "policy",
            "user",
            "design",
            "access",
            "credential",
            "url",
            "authorization",
            "proxy",
            "idempotency",
            "monkey",
            "se",
            "password",
        ]);
        let join = prop::sample::select(vec!["", "-", "_"]);
        prop_oneof![
            4 => (prop::collection::vec(part, 1..4), join).prop_map(|(parts, join)| parts.join(join)),
            1 => "[a-z][a-z0-9_-]{0,12}",
        ]
    }

    proptest! {
        #[test]
        fn the_journal_hides_what_a_cassette_hides(
            names in (name(), name()),
            value in prop_oneof!["[a-z]{8,12}", "[0-9]{1,13}", "Bearer [a-z]{8}", "[a-zA-Z0-9]{40}", "[0-9]{1,3}s"],
            text in prop_oneof![
                "[a-z .,]{0,300}",
                "[a-z ]{0,9}[a-zA-Z0-9+/]{250,300}={0,2}[ !.]{0,3}",
                "[(\"]?data:image/png;base64 ?,[a-zA-Z0-9+/]{1,300}",
                "data:image/png,(%[0-9A-F]{2}){1,20}",
            ],
        ) {
            let (name, around) = names;
            let redactor = EntryRedactor::new(&[], "/");
            let headers = [(name.clone(), value.clone())];
            let written = value.replace(' ', "%20");
            let url = format!("https://acme.test/v1?{name}={written}&plain=1");
            let body = json!({&around: {&name: value}, "address": url, "quoted": json!({&name: value}).to_string(),
                "image": text, "deep": json!({"image": text}).to_string()});
            let kept = keep(&headers, &url, &body);
            let Content::Json(kept_body) = kept.body else { panic!("no JSON") };
            let shown = LoggedBody::Bytes(body.to_string().into()).shown(&redactor);
            prop_assert_eq!(
                redactor.headers(&headers)[&name] == value.as_str(),
                kept.headers[0].1 == value,
                "header {}", name
            );
            prop_assert_eq!(redactor.text(&url) == url, kept.url == url, "parameter {}", name);
            for pointer in [format!("/{around}/{name}"), "/address".to_owned(), "/quoted".to_owned(), "/image".to_owned(), "/deep".to_owned()] {
                let [sent, shown, kept] = [&body, &shown, &kept_body].map(|body| body.pointer(&pointer));
                prop_assert_eq!(shown == sent, kept == sent, "{} of {} in {}", pointer, name, around);
            }
        }
    }
}
