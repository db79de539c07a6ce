//! `mockreel drift history`: when what changed, from a history, from dated files, or from the commits of a repository.

use std::path::Path;

use mockreel_conformance::drift::inputs::{Input, dated, of_file};
use mockreel_conformance::report::escape::one_line;
use mockreel_contracts::contract::views::openapi;
use mockreel_drift::fold::{RouteNames, fold_report};
use mockreel_drift::history::History;
use mockreel_drift::report::{between, timeline};
use mockreel_drift::watch::{WatchedSource, walk_history};
use mockreel_drift::{Report, compare};

use crate::error::CliError;
use crate::output::say;

/// Prints a timeline.
pub(super) fn print_history(path: &Path) -> Result<(), CliError> {
    let usage = |why: String| CliError::Usage(why);
    let named = path.to_string_lossy().into_owned();
    if let Some(history) = WatchedSource::new(&named).history().map_err(CliError::usage)? {
        let history = history.map_err(|why| usage(format!("{named}: {why}")))?;
        let steps = walk_history(&named, &history).map_err(CliError::usage)?;
        let said = between(&steps);
        say(if said.is_empty() { "nothing changed in the OpenAPI files of this history\n" } else { &said });
        return Ok(());
    }
    if path.is_dir() {
        let days = dated(path).map_err(CliError::Suite)?.ok_or_else(|| {
            usage(format!(
                "{}: expected a folder whose OpenAPI files all begin with a day such as 2025-04-25; name one of those",
                path.display()
            ))
        })?;
        let mut reports: Vec<(String, Report)> = Vec::new();
        let mut before: Option<Input> = None;
        let mut unread = Vec::new();
        for (day, file) in days {
            // One file that cannot be read does not hide what the others say.
            let input = match of_file(&file) {
                Ok(input) => input,
                Err(trouble) => {
                    unread.push(format!("{day}  left out: {trouble}"));
                    continue;
                }
            };
            if let Some(before) = &before {
                let view = openapi::View::Documented;
                let (old, new) = (before.surface(view), input.surface(view));
                let mut report = compare(&old, &new);
                fold_report(&mut report, &RouteNames::of(&old, &new));
                reports.push((day, report));
            }
            before = Some(input);
        }
        if before.is_none() {
            return Err(usage(format!(
                "{}: none of its files can be read; {}",
                path.display(),
                unread.join("; ")
            )));
        }
        say(&between(&reports));
        for line in unread {
            say(&format!("{}\n", one_line(&line, 400)));
        }
        return Ok(());
    }
    if !path.exists() {
        return Err(usage(format!(
            "{}: expected a history that `drift watch --against` wrote, a folder of dated OpenAPI files or a git \
             repository; found nothing",
            path.display()
        )));
    }
    say(&timeline(&History::read(path).map_err(|why| usage(why.to_string()))?));
    Ok(())
}
