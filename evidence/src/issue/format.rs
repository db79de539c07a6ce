//! Report formats, and what `--report` takes.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use super::escape;

/// A form in which reports are written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JUnit's XML, for the test views of CI systems.
    Junit,
    /// The report as it is; its schema is published.
    Json,
    /// One page for the eye.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// A comment for a pull request.
    Markdown,
}

impl Format {
    /// Every format, in the order in which they are named to users.
    pub const ALL: [Self; 5] = [Self::Junit, Self::Json, Self::Html, Self::Sarif, Self::Markdown];

    /// As it is written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Junit => "junit",
            Self::Json => "json",
            Self::Html => "html",
            Self::Sarif => "sarif",
            Self::Markdown => "md",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.word() == text).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|format| format.word()).collect();
            let found = escape::one_line(text, 40);
            format!("`{found}` is no report format; expected one of {}", words.join(", "))
        })
    }
}

/// Reads what `--report` was given: `junit=FILE,json=FILE,...`, in that order.
///
/// # Errors
///
/// One line that says what was expected: for an unknown format, a part without `=`, an empty file name,
/// or a file that is named twice.
pub fn parse_requests(text: &str) -> Result<Vec<(Format, PathBuf)>, String> {
    let mut requests: Vec<(Format, PathBuf)> = Vec::new();
    for part in text.split(',') {
        let shown = escape::one_line(part, 80);
        let Some((format, file)) = part.split_once('=') else {
            return Err(format!(
                "`{shown}` names no report; expected FORMAT=FILE, for example json=report.json"
            ));
        };
        let format: Format = format.trim().parse()?;
        let file = file.trim();
        if file.is_empty() {
            return Err(format!("`{shown}` names no file; expected {}=FILE", format.word()));
        }
        if let Some((other, _)) = requests.iter().find(|(_, held)| names_the_same(held, Path::new(file))) {
            let file = escape::one_line(file, 80);
            return Err(format!(
                "the {} and the {} report would both be written to `{file}`; name two files",
                other.word(),
                format.word()
            ));
        }
        requests.push((format, PathBuf::from(file)));
    }
    Ok(requests)
}

/// Whether two paths are written the same way, `./` aside. Links on the disk are not looked at.
fn names_the_same(one: &Path, other: &Path) -> bool {
    let parts = |path: &Path| -> Vec<std::ffi::OsString> {
        let named = path.components().filter(|part| *part != Component::CurDir);
        named.map(|part| part.as_os_str().to_owned()).collect()
    };
    parts(one) == parts(other)
}
