//! Exchanges as text: pretty-printed, made visible, and cut to a length.

use mockreel_evidence::exchange::{Content, Exchange, KeptAnswer, KeptRequest};

use super::escape;

/// The most characters of a header's name and value together.
const HEADER_CHARS: usize = 400;
/// The most headers of a message.
const HEADERS: usize = 60;
/// The most characters of an address.
const URL_CHARS: usize = 500;
/// How many characters of base64 are shown of bytes.
const BASE64_CHARS: usize = 96;

/// A text that may have been cut.
#[derive(Debug)]
pub(super) struct ShownBody {
    /// What is left, safe to be printed; may have several lines.
    pub(super) text: String,
    /// What was left out, as a short sentence.
    pub(super) note: Option<String>,
}

/// `POST https://... -> 201`, or why nothing came.
pub(super) fn outline(exchange: &Exchange) -> String {
    let request = request_line(&exchange.request);
    format!("{request} → {}", answer_line(exchange))
}

/// Method and address.
pub(super) fn request_line(request: &KeptRequest) -> String {
    format!("{} {}", escape::one_line(&request.method, 20), escape::one_line(&request.url, URL_CHARS))
}

/// The status, or why nothing came.
pub(super) fn answer_line(exchange: &Exchange) -> String {
    match (&exchange.answer, &exchange.error) {
        (Some(answer), _) => answer.status.to_string(),
        (None, Some(error)) => escape::one_line(&error.to_string(), 200),
        (None, None) => "nothing is kept of the answer".to_owned(),
    }
}

/// The headers, one line each.
pub(super) fn headers(headers: &[(String, String)]) -> Vec<String> {
    let line = |(name, value): &(String, String)| escape::one_line(&format!("{name}: {value}"), HEADER_CHARS);
    let mut lines: Vec<String> = headers.iter().take(HEADERS).map(line).collect();
    if headers.len() > HEADERS {
        lines.push(format!("… ({} more headers)", headers.len() - HEADERS));
    }
    lines
}

/// A body of at most so many characters; `None` if there is none.
pub(super) fn body(content: &Content, limit: usize) -> Option<ShownBody> {
    let text = match content {
        Content::Empty => return None,
        Content::Json(value) => serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string()),
        Content::Text(text) => text.clone(),
        Content::Bytes { length, head } => bytes(*length, head),
        Content::Form(parts) => form(parts, limit),
    };
    let (kept, left_out) = escape::cut(&text, limit);
    let note = (left_out > 0).then(|| format!("cut here: {left_out} more characters"));
    Some(ShownBody { text: escape::block(kept), note })
}

/// An exchange as lines of text, with bodies of at most so many characters each.
pub(super) fn text(exchange: &Exchange, limit: usize) -> String {
    let mut out = format!("#{} {}\n", exchange.number, outline(exchange));
    push_message(&mut out, "> ", &exchange.request.headers, &exchange.request.body, limit);
    if let Some(KeptAnswer { headers, body, .. }) = &exchange.answer {
        push_message(&mut out, "< ", headers, body, limit);
    }
    out
}

fn push_message(out: &mut String, mark: &str, held: &[(String, String)], content: &Content, limit: usize) {
    let shown = body(content, limit);
    let mut lines = headers(held);
    if let Some(shown) = shown {
        lines.push(String::new());
        lines.extend(shown.text.lines().map(str::to_owned));
        lines.extend(shown.note.map(|note| format!("… ({note})")));
    }
    for line in lines {
        out.push_str(format!("{mark}{line}").trim_end());
        out.push('\n');
    }
}

fn bytes(length: u64, head: &str) -> String {
    let (kept, _) = escape::cut(head, BASE64_CHARS);
    if kept.is_empty() {
        return format!("{length} bytes, not kept");
    }
    let more = if kept.len() < head.len() { "…" } else { "" };
    format!("{length} bytes, beginning with (base64) {kept}{more}")
}

fn form(parts: &[(String, Content)], limit: usize) -> String {
    let mut out = String::new();
    for (name, content) in parts {
        let text = body(content, limit).map_or_else(|| "(empty)".to_owned(), |shown| shown.text);
        let between = if text.contains('\n') { "\n" } else { " " };
        out.push_str(&format!("{}:{between}{text}\n", escape::one_line(name, 100)));
    }
    out.truncate(out.trim_end().len());
    out
}
