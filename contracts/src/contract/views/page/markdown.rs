//! Writing Markdown so that nothing in a text is taken for markup that was not meant as such.

use serde_json::Value;

/// Running text of a contract: code in single backticks stays code, everything else is plain.
///
/// Line breaks become spaces, so that the text also fits a cell of a table.
pub(super) fn prose(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // An odd number of backticks encloses nothing.
        return plain(&text);
    }
    let told =
        parts.iter().enumerate().map(|(index, part)| if index % 2 == 0 { plain(part) } else { code(part) });
    told.collect()
}

/// Text in which no letter is markup.
fn plain(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '#') {
            told.push('\\');
        }
        told.push(letter);
    }
    told
}

/// Text as it is on the wire. Line breaks are shown as `\n`.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let text = text.replace('\r', "\\r").replace('\n', "\\n").replace('\t', "\\t");
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let edge = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if edge { " " } else { "" };
    // A bar ends a table's cell even inside code. Outside tables the backslash shows, which misleads nobody.
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

/// A JSON value as code.
pub(super) fn json(value: &Value) -> String {
    code(&value.to_string())
}

/// Several JSON values as code.
pub(super) fn jsons(values: &[Value]) -> String {
    values.iter().map(json).collect::<Vec<_>>().join(", ")
}

/// Markdown that stands out.
pub(super) fn bold(markdown: &str) -> String {
    format!("**{markdown}**")
}

/// A table whose cells are Markdown already; columns with nothing in them are left out.
pub(super) fn table(headers: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    if rows.is_empty() {
        return String::new();
    }
    let used: Vec<usize> = (0..headers.len())
        .filter(|column| {
            *column == 0 || rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()))
        })
        .collect();
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut told = line(used.iter().map(|column| headers[*column]).collect());
    told.push_str(&line(used.iter().map(|_| "---").collect()));
    for row in &rows {
        told.push_str(&line(used.iter().map(|column| row.get(*column).map_or("", String::as_str)).collect()));
    }
    told
}

/// A JSON value in lines of its own.
pub(super) fn block(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("```json\n{text}\n```\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_keeps_paired_backticks_and_disarms_everything_else() {
        assert_eq!(prose("`a|b` holds *x* | <y>"), r"`a\|b` holds \*x\* \| \<y\>");
        assert_eq!(prose("one ` alone\nand more"), r"one \` alone and more");
    }

    #[test]
    fn code_is_fenced_by_more_backticks_than_it_has() {
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code("a `b` c"), "``a `b` c``");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code("a\nb | c"), r"`a\nb \| c`");
        assert_eq!(code(""), "(empty)");
    }

    #[test]
    fn a_column_with_nothing_in_it_is_left_out() {
        let rows = vec![vec!["1".to_owned(), String::new(), "x".to_owned()], vec!["2".to_owned()]];
        assert_eq!(table(&["A", "B", "C"], rows), "| A | C |\n| --- | --- |\n| 1 | x |\n| 2 |  |\n");
    }
}
