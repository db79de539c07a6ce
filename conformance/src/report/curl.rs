//! A request as a command line, to send it again by hand.

use mockreel_evidence::exchange::{Content, Exchange};

use super::escape;
use crate::outcome::{CaseResult, Report};

/// The most characters of such a line.
const LINE_CHARS: usize = 1200;

/// Headers that curl writes itself.
const OWN_HEADERS: [&str; 5] = ["host", "user-agent", "content-length", "accept", "connection"];

/// The last request that a case sent to the vendor, as a line for a shell, on one line.
///
/// The key stands there as `$KEY_VARIABLE`, and what was taken out of a recording as its mark: an image that was sent
/// has to be put back.
pub(super) fn curl(report: &Report, result: &CaseResult) -> Option<String> {
    let own = result.exchanges.iter().filter_map(|number| report.exchange(*number));
    let mut vendor = own.filter(|exchange| exchange.case == result.id && !is_control(exchange));
    let line = command(vendor.next_back()?);
    let kept = escape::one_line(&line, LINE_CHARS);
    // Half a command would do something else.
    (line.chars().count() <= LINE_CHARS).then_some(kept)
}

fn is_control(exchange: &Exchange) -> bool {
    exchange.request.url.contains("/__admin/")
}

fn command(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let mut words = vec!["curl".to_owned()];
    match request.method.as_str() {
        "GET" => {}
        "HEAD" => words.push("--head".to_owned()),
        method => words.push(format!("-X {}", quote(method))),
    }
    words.push(quote(&request.url));
    for (name, value) in &request.headers {
        if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        // A key that nobody gave is hidden by the header's name alone.
        let is_key = name.eq_ignore_ascii_case("authorization");
        let value = if is_key { value.replace("[redacted]", "[key]") } else { value.clone() };
        words.push(format!("-H {}", quote(&format!("{name}: {value}"))));
    }
    let typed = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    match &request.body {
        Content::Empty => {}
        Content::Json(body) => {
            if !typed {
                words.push("-H 'content-type: application/json'".to_owned());
            }
            words.push(format!("--data-binary {}", quote(&body.to_string())));
        }
        Content::Text(text) => words.push(format!("--data-binary {}", quote(text))),
        Content::Bytes { length, .. } => words.push(format!("--data-binary '[{length} bytes]'")),
        Content::Form(parts) => {
            words.extend(parts.iter().map(|(name, part)| format!("-F {}", quote(&form_part(name, part)))));
        }
    }
    words.join(" ")
}

fn form_part(name: &str, part: &Content) -> String {
    match part {
        Content::Text(text) => format!("{name}={text}"),
        Content::Json(value) => format!("{name}={value}"),
        Content::Bytes { length, .. } => format!("{name}=@[a file of {length} bytes]"),
        Content::Empty | Content::Form(_) => format!("{name}="),
    }
}

/// A word for a POSIX shell: in single quotes, but for the key, which the shell fills in.
fn quote(text: &str) -> String {
    let quoted = |part: &str| match part {
        "" => String::new(),
        part => format!("'{}'", part.replace('\'', "'\\''")),
    };
    let word = text.split("[key]").map(quoted).collect::<Vec<_>>().join("\"$KEY_VARIABLE\"");
    if word.is_empty() { "''".to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_cannot_leave_its_quotes_and_the_key_is_for_the_shell_to_fill_in() {
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("it's $(x) `y`"), r"'it'\''s $(x) `y`'");
        assert_eq!(quote("authorization: Bearer [key]"), r#"'authorization: Bearer '"$KEY_VARIABLE""#);
        assert_eq!(quote("[key]"), r#""$KEY_VARIABLE""#);
        assert_eq!(quote(r#"x''"$KEY_VARIABLE""#), r#"'x'\'''\''"$KEY_VARIABLE"'"#);
        assert_eq!(quote(""), "''");
    }
}
