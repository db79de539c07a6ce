//! Finding the operation that a method and a path mean.

use std::borrow::Cow;

use crate::contract::Options;
use crate::contract::model::Contract;
use crate::contract::model::operation::{OperationFacts, Route};
use crate::operation::Operation;

/// What a path and a method lead to.
#[derive(Debug)]
pub struct Matched<'a> {
    /// The operation.
    pub name: Operation,
    /// What the contract states about it.
    pub operation: &'a OperationFacts,
    /// The path of it that matched.
    pub route: &'a Route,
    /// The segments that stand for names, percent-encoding undone.
    pub segments: Vec<(&'a str, String)>,
}

impl Matched<'_> {
    /// The segment of that name.
    pub fn segment(&self, name: &str) -> Option<&str> {
        self.segments.iter().find(|(held, _)| *held == name).map(|(_, value)| value.as_str())
    }
}

/// Why a path and a method lead nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRoute {
    /// The methods that the path does have.
    pub allowed: Vec<String>,
}

impl Contract {
    /// The operation that a method and a path (without query, percent-encoded as received) mean.
    ///
    /// # Errors
    ///
    /// If there is none; says which methods the path would take.
    pub fn route<'a>(&'a self, options: &Options, method: &str, path: &str) -> Result<Matched<'a>, NoRoute> {
        let mut allowed: Vec<String> = Vec::new();
        for (name, operation) in &self.operations {
            for route in &operation.routes {
                if route.option.as_ref().is_some_and(|option| options.is(option, "off")) {
                    continue;
                }
                if !fits(route, path, |_, _| {}) {
                    continue;
                }
                if operation.method == method {
                    let segments = read_segments(route, path);
                    return Ok(Matched { name: *name, operation, route, segments });
                }
                if !allowed.contains(&operation.method) {
                    allowed.push(operation.method.clone());
                }
            }
        }
        Err(NoRoute { allowed })
    }
}

/// Whether a path is that of a route; `name` is handed each name in it and the token that stands there.
fn fits<'a>(route: &'a Route, path: &str, mut name: impl FnMut(&'a str, &str)) -> bool {
    // A name for all that follows takes the slashes too.
    let count = if route.rest { route.path.split('/').count() } else { usize::MAX };
    let mut given = path.splitn(count, '/');
    let all = route.path.split('/').all(|wanted| {
        let Some(token) = given.next() else { return false };
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(named) => {
                name(named, token);
                !token.is_empty()
            }
            None => wanted == token,
        }
    });
    all && given.next().is_none()
}

/// The segments of a path that is that of a route.
fn read_segments<'a>(route: &'a Route, path: &str) -> Vec<(&'a str, String)> {
    let mut segments = Vec::new();
    fits(route, path, |name, token| segments.push((name, percent_decoded(token).into_owned())));
    segments
}

/// Undoes percent-encoding; bytes that are then no UTF-8 become U+FFFD, which no id contains.
pub fn percent_decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::model::source::Cited;

    fn match_path(template: &str, rest: bool, path: &str) -> Option<Vec<String>> {
        let route = Route {
            path: template.to_owned(),
            rest,
            model: None,
            option: None,
            source: Cited::One("here".to_owned()),
        };
        let found = fits(&route, path, |_, _| {}).then(|| read_segments(&route, path))?;
        Some(found.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn a_named_segment_takes_exactly_one_non_empty_token() {
        let one = |template, path| match_path(template, false, path);
        assert_eq!(one("/task/{id}/fetch", "/task/a%2Fb/fetch"), Some(vec!["a/b".to_owned()]));
        assert_eq!(one("/task/{id}/fetch", "/task//fetch"), None);
        assert_eq!(one("/task/{id}", "/task/a/b"), None);
        assert_eq!(one("/task", "/task/"), None);
    }

    #[test]
    fn a_name_for_the_rest_takes_the_slashes_too() {
        let rest = |path| match_path("/model/{id}", true, path);
        assert_eq!(rest("/model/a/b/c"), Some(vec!["a/b/c".to_owned()]));
        assert_eq!(rest("/model/a%2Fb"), Some(vec!["a/b".to_owned()]));
        assert_eq!(rest("/model/"), None);
        assert_eq!(rest("/model"), None);
        assert_eq!(rest("/models/a"), None);
    }

    #[test]
    fn broken_percent_encoding_is_kept_and_bad_utf8_is_replaced() {
        assert_eq!(percent_decoded("100%"), "100%");
        assert_eq!(percent_decoded("%zz%41"), "%zzA");
        assert_eq!(percent_decoded("%ff"), "\u{fffd}");
    }
}
