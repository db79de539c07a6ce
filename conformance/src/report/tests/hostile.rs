//! A wire that attacks whoever reads of it: every text of a report is an attack, and no format may obey it.
//!
//! The measure is a report of the same shape with a harmless text in the same places: whatever structure a format
//! has (lines, tags, cells, commands), it must have the same for both.

use serde_json::{Value, json};

use super::samples;
use crate::clause::Clause;
use crate::outcome::{CaseResult, Difference, Note, Report};
use crate::report::{Format, escape, github, render, terminal};
use mockreel_contracts::contract::model::source::Grade;
use mockreel_evidence::exchange::{Content, Exchange, WireError};

/// A text without power. Its `^` keeps it out of places where plain words stand as they are.
const HARMLESS: &str = "x^y";

/// What a vendor, or whoever sits between, might send.
const ATTACKS: [&str; 28] = [
    "<script>alert(1)</script>",
    "</textarea></pre></title></style><img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>",
    "' onmouseover='alert(1)",
    "]]><failure message=\"forged\"/><![CDATA[",
    "<!-- --><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;&#0;",
    "\u{1b}[2J\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]8;;https://evil.test\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "\u{9b}31mred\u{9d}0;title\u{7}",
    "a\r\n::error title=forged::b",
    "::stop-commands::token",
    " \u{2003}::add-mask::x",
    "##[add-mask]x ##vso[task.complete]",
    "%0A::warning::forged",
    "a\n| --- | --- |\n| b | c |",
    "a | b `| c` \\| d",
    "@everyone @octocat #123 GH-123 someone@evil.test",
    "[click](javascript:alert(1)) ![x](https://evil.test/x.png) <https://evil.test> www.evil.test",
    "javascript:alert(1)",
    "` ``` ```` code\n```\n# heading\n- item",
    "`<b>`",
    "a\0b",
    "\\ud800 \\udc00\\",
    "\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}",
    "line\u{2028}paragraph\u{2029}next\u{85}end",
    "\u{fffe}\u{ffff}\u{fdd0}\u{10ffff}",
    "{0} [forged](1) {1}",
    "</details></article></main><meta http-equiv=refresh content=0>",
];

fn attacked_value(text: &str) -> Value {
    json!({text: [text, {text: text}], "plain": text})
}

fn attacked_exchange(exchange: &mut Exchange, text: &str, body: Content) {
    let owned = || text.to_owned();
    exchange.case = owned();
    exchange.request.method = owned();
    exchange.request.url = owned();
    exchange.request.headers = vec![(owned(), owned())];
    exchange.request.body = body.clone();
    if let Some(answer) = &mut exchange.answer {
        answer.headers = vec![(owned(), owned())];
        answer.body = body;
    }
}

fn attacked_result(result: &mut CaseResult, text: &str) {
    let owned = || text.to_owned();
    // Ids differ, or the results would be one case.
    result.id = format!("{text}-{}", result.id);
    result.title = owned();
    result.message = owned();
    result.target = owned();
    result.edition = owned();
    result.expected = Some(owned());
    result.exchanges = vec![1, 2, 3, 4];
    let mut clause = Clause::new(text, text, vec![]);
    let source = crate::clause::ClauseSource { title: owned(), date: owned(), grade: Grade::Guess };
    clause.sources = vec![source.clone(), source];
    clause.sha256 = owned();
    result.clause = Some(clause);
    result.notes = vec![Note { name: owned(), value: attacked_value(text) }];
    result.differences = vec![
        Difference {
            answer: 0,
            pointer: owned(),
            reference: Some(attacked_value(text)),
            found: Some(json!(text)),
        },
        Difference { answer: 1, pointer: owned(), reference: None, found: Some(attacked_value(text)) },
    ];
}

/// A report in which every text is that one.
fn made_of(text: &str) -> Report {
    let mut report = samples::sample();
    let owned = || text.to_owned();
    report.target = owned();
    report.vendor = owned();
    report.edition = owned();
    report.started = owned();
    report.spend.unit = owned();
    report.results.iter_mut().for_each(|result| attacked_result(result, text));
    let bodies = [
        Content::Json(attacked_value(text)),
        Content::Text(owned()),
        Content::Form(vec![
            (owned(), Content::Text(owned())),
            (owned(), Content::Json(attacked_value(text))),
        ]),
        Content::Bytes { length: 3, head: owned() },
    ];
    report.exchanges.push(samples::exchange(4, "POLL-03", "GET", 200));
    for (exchange, body) in report.exchanges.iter_mut().zip(bodies) {
        attacked_exchange(exchange, text, body);
    }
    report.exchanges[2].error = Some(WireError::Lost { why: owned() });
    report
}

/// What stands between the attacks is the same as for a harmless text.
fn assert_same_shape<T: PartialEq + std::fmt::Debug>(attack: &str, shape: impl Fn(&Report) -> T) {
    assert_eq!(shape(&made_of(attack)), shape(&made_of(HARMLESS)), "{attack:?}");
}

/// The tags of a document with their attributes, values left out.
fn tags(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in document.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("a tag is open: `<` got through");
        let mut names = String::new();
        for (place, part) in tag.split('"').enumerate() {
            names.push_str(if place % 2 == 0 { part } else { "_" });
        }
        found.push(names);
    }
    found
}

#[test]
fn a_terminal_shows_no_line_and_no_control_character_of_the_wire() {
    for attack in ATTACKS {
        assert_same_shape(attack, |report| terminal::summary(report, false).lines().count());
        let text = terminal::summary(&made_of(attack), false);
        assert!(!text.replace('\n', "").contains(escape::is_unseen), "{attack:?}: {text:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{attack:?}: {text}");
        assert!(!text.contains("##"), "{attack:?}: {text}");
    }
}

#[test]
fn a_coloured_terminal_gets_our_own_sequences_only() {
    for attack in ATTACKS {
        let mut text = terminal::summary(&made_of(attack), true);
        for code in ["0", "1", "2", "32", "33", "35", "1;31"] {
            text = text.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(text, terminal::summary(&made_of(attack), false), "{attack:?}");
    }
}

#[test]
fn junit_has_the_elements_of_a_harmless_report_and_can_be_parsed() {
    for attack in ATTACKS {
        assert_same_shape(attack, |report| tags(&render(Format::Junit, std::slice::from_ref(report))));
        let report = made_of(attack);
        let text = render(Format::Junit, std::slice::from_ref(&report));
        let read = quick_junit::Report::deserialize_from_str(&text).unwrap_or_else(|error| {
            panic!("{attack:?}: {error}: {text}");
        });
        let cases = &read.test_suites[0].test_cases;
        assert_eq!(cases.len(), report.results.len());
        for (case, result) in cases.iter().zip(&report.results) {
            let id = escape::one_line(&result.id, 160);
            assert_eq!(case.name.as_str(), format!("{id}@{}", escape::one_line(attack, 160)));
        }
        assert!(!text.replace('\n', "").contains(escape::is_unseen), "{attack:?}");
    }
}

#[test]
fn json_says_exactly_what_the_report_says() {
    for attack in ATTACKS {
        let report = made_of(attack);
        let text = render(Format::Json, std::slice::from_ref(&report));
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report, "{attack:?}");
        assert!(!text.replace('\n', "").contains(escape::is_unseen), "{attack:?}");
    }
}

#[test]
fn html_has_the_tags_of_a_harmless_page_and_loads_nothing() {
    for attack in ATTACKS {
        let page = |report: &Report| render(Format::Html, &[report.clone(), samples::sample()]);
        assert_same_shape(attack, |report| tags(&page(report)));
        let page = page(&made_of(attack));
        let lower = page.to_lowercase();
        for forbidden in
            ["<script", "<img", "<svg", "<iframe", "<link", "<meta http-equiv=r", "@import", "url("]
        {
            assert!(!lower.contains(forbidden), "{attack:?}: {forbidden}");
        }
        for piece in page.split("href=").skip(1) {
            assert!(piece.starts_with("\"#"), "{attack:?}: a link leads outside: {}", &piece[..20]);
        }
        assert!(!page.replace('\n', "").contains(escape::is_unseen), "{attack:?}");
        let handlers = tags(&page).into_iter().filter(|tag| tag.contains(" on") || tag.contains(" style"));
        assert_eq!(handlers.collect::<Vec<_>>(), Vec::<String>::new(), "{attack:?}");
    }
}

/// A comment without its code spans, read as CommonMark reads them.
fn without_code(markdown: &str) -> String {
    let mut rest = markdown;
    let mut out = String::new();
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let opened = &rest[at..];
        let fence = opened.len() - opened.trim_start_matches('`').len();
        let mut inner = &opened[fence..];
        loop {
            let close = inner.find('`').expect("a code span is not closed");
            let run = inner[close..].len() - inner[close..].trim_start_matches('`').len();
            inner = &inner[close + run..];
            if run == fence {
                break;
            }
        }
        out.push_str("(code)");
        rest = inner;
    }
    out + rest
}

#[test]
fn a_comment_has_no_markup_link_mention_or_cell_of_the_wire() {
    for attack in ATTACKS {
        assert_same_shape(attack, |report| {
            without_code(&render(Format::Markdown, std::slice::from_ref(report)))
        });
        let text = render(Format::Markdown, &[made_of(attack)]);
        assert!(!without_code(&text).contains(['<', '@', '[', '\\']), "{attack:?}: {text}");
        // A table is split into cells before its code spans are found.
        for row in text.lines().filter(|line| line.starts_with('|')) {
            let heads = text.lines().find(|line| line.starts_with("| vendor")).unwrap();
            assert_eq!(row.matches('|').count(), heads.matches('|').count(), "{attack:?}: {row}");
        }
        assert!(!text.replace('\n', "").contains(escape::is_unseen), "{attack:?}");
    }
}

#[test]
fn sarif_has_the_members_of_a_harmless_log_and_no_link_in_its_messages() {
    /// A document with its texts left out, and the messages among them.
    fn shape(value: &Value, messages: &mut Vec<String>) -> Value {
        match value {
            Value::String(_) => json!("text"),
            Value::Array(items) => items.iter().map(|item| shape(item, messages)).collect(),
            Value::Object(members) => {
                messages.extend(members.get("text").and_then(Value::as_str).map(str::to_owned));
                let members = members.iter().map(|(name, held)| (name.clone(), shape(held, messages)));
                Value::Object(members.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
    for attack in ATTACKS {
        let log = |report: &Report| -> Value {
            serde_json::from_str(&render(Format::Sarif, std::slice::from_ref(report))).unwrap()
        };
        assert_same_shape(attack, |report| shape(&log(report), &mut Vec::new()));
        let mut messages = Vec::new();
        shape(&log(&made_of(attack)), &mut messages);
        for message in messages {
            let unescaped = message.replace("\\\\", "").replace("\\[", "").replace("\\]", "");
            assert!(!unescaped.contains(['[', ']', '\\']), "{attack:?}: {message}");
            assert!(
                !unescaped.replace("{{", "").replace("}}", "").contains(['{', '}']),
                "{attack:?}: {message}"
            );
        }
    }
}

#[test]
fn github_gets_our_own_commands_only() {
    for attack in ATTACKS {
        assert_same_shape(attack, |report| github::annotations(report).lines().count());
        for line in github::annotations(&made_of(attack)).lines() {
            let of_ours = ["::error title=", "::warning title=", "::notice title="];
            let rest = of_ours.iter().find_map(|start| line.strip_prefix(start));
            let rest = rest.unwrap_or_else(|| panic!("{attack:?}: {line}"));
            let (title, text) = rest.split_once("::").unwrap();
            assert!(!title.contains([':', ',']), "{attack:?}: {line}");
            assert!(!line.contains(escape::is_unseen), "{attack:?}: {line:?}");
            for part in [title, text] {
                for (at, _) in part.match_indices('%') {
                    let code = &part[at..at + 3];
                    assert!(["%25", "%3A", "%2C"].contains(&code), "{attack:?}: {line}");
                }
            }
        }
    }
}
