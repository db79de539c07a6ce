//! Pages are complete, marked and sound Markdown.

use super::*;
use crate::contract::views::openapi::tests::sample;
use crate::vendors;

/// The rows of every table: the cells of each line that starts with a bar.
fn cells(line: &str) -> usize {
    let bars = line.match_indices('|').filter(|(at, _)| !line[..*at].ends_with('\\'));
    bars.count() - 1
}

fn each_page(mut look: impl FnMut(&str, &str)) {
    let all = vendors().unwrap();
    for vendor in all.iter().filter(|vendor| vendor.newest) {
        let older = all.iter().filter(|other| other.id() == vendor.id() && !other.newest);
        let older: Vec<&Contract> = older.map(|other| &**other.contract).collect();
        look(vendor.id(), &render(&vendor.contract, &older));
    }
    look("sample", &render(&sample(), &[]));
}

#[test]
fn every_row_of_a_table_has_as_many_cells_as_its_heading() {
    each_page(|of, page| {
        let mut heading = None;
        for line in page.lines() {
            if line.starts_with('|') {
                let wanted = *heading.get_or_insert_with(|| cells(line));
                assert_eq!(cells(line), wanted, "{of}: {line}");
            } else {
                heading = None;
            }
        }
    });
}

#[test]
fn every_model_operation_problem_option_and_question_is_on_the_page() {
    each_page(|of, page| {
        let contracts =
            vendors().unwrap().iter().filter(|vendor| vendor.newest).map(|vendor| &**vendor.contract);
        for contract in contracts.filter(|contract| contract.id == of) {
            let mut wanted: Vec<String> =
                contract.models.keys().map(|model| format!("### {}", code(model))).collect();
            wanted.extend(contract.operations.keys().map(|name| format!("### {}: ", code(name.as_str()))));
            wanted.extend(contract.problems.keys().map(|name| format!("| {} |", code(name))));
            wanted.extend(contract.options.keys().map(|name| code(&format!("{}.{name}", contract.id))));
            wanted.extend(contract.open_questions.iter().map(|open| bold(&prose(&open.question))));
            wanted.extend(contract.sources.keys().map(|name| format!("| {} |", code(name))));
            for part in wanted {
                assert!(page.contains(&part), "{of}: `{part}` is missing");
            }
        }
    });
}

/// The line of the sample's page that starts like this.
fn line(start: &str) -> String {
    let page = render(&sample(), &[]);
    let found = page.lines().find(|line| line.starts_with(start));
    found.unwrap_or_else(|| panic!("no line starts with {start}")).to_owned()
}

#[test]
fn what_rests_on_a_guess_is_marked_and_what_has_a_better_source_is_not() {
    assert!(line("| `internal` |").ends_with("| **(guess)** idea |"));
    assert!(line("| `secret` |").contains(bold(GUESS).as_str()));
    assert!(!line("| `unknown_job` |").contains(GUESS));
    assert!(line("| `force` |").ends_with("| page [doc] |"), "a source is inherited from around");
}

#[test]
fn documented_and_enforced_stand_side_by_side_where_they_differ() {
    let size = line("| `size` |");
    assert!(size.contains("integer; one of `5`, `10` |"), "{size}");
    assert!(size.contains("one of `5`, `10`, `\"5\"`, `\"10\"`"), "{size}");
    assert_eq!(
        line("- **Status**: 200; "),
        "- **Status**: 200; **documented as 201** (page [doc], log [obs])"
    );
    assert!(line("- **Status**: 200, not").contains("not documented"));
}

#[test]
fn bars_breaks_and_backticks_of_a_text_do_not_break_the_page() {
    assert!(line("# ").starts_with(r"# Sample \| Video (`sample`), edition 2025-02-01"));
    assert!(line("| `size` |").contains(r"Length \| in seconds"));
    assert!(line("| `unknown_job` |").contains(r"| 200 | `No such \| job` | `code` `7` |"));
    assert!(line("| `log` |").ends_with("| A log of `real` answers |"));
    assert!(line("| `required` |").contains("| `` `<kind>` is missing `` |"));
}

#[test]
fn images_prices_and_paths_are_told_in_words() {
    let image = line("| `picture` |");
    assert!(image.contains("picture (jpeg, png); at most 10 MiB (10485760 bytes); sides of at least 300 pixels; between 2:5 and 5:2; comes as a file part, an address"), "{image}");
    assert!(line("| `a/short` | 0.3 coin a job (page [doc]) |").contains("| 10 to 20 |"));
    assert!(line("| `POST /make/hidden` |").contains("| `a/long` | `hidden_path` | log [obs] |"));
    assert_eq!(line("- **Refused at"), "- **Refused at submit**: `picture_format`");
}

#[test]
fn callbacks_are_told_in_words() {
    let wanted = "## Callbacks\n\n\
                  - **Address**: at `/hook` in the body of a submit\n\
                  - **Announced**: `running`, `succeeded`, `failed`\n\
                  - **Sent**: a POST of what a poll answers at that moment\n\
                  - **Retries**: 2, the first after 30 s and each further one after twice as long\n\
                  - **Patience**: 5 s\n\
                  - **Where**: only where the option `sample.calls` is not `off`\n\
                  - **Sources**: log [obs]\n";
    let page = render(&sample(), &[]);
    assert!(page.contains(wanted), "{page}");
}

#[test]
fn older_editions_are_listed_with_what_they_changed() {
    let edition = |file, text| crate::contract::model::edition::Edition { file, text };
    let newest = edition("sample.toml", include_str!("../openapi/sample.toml"));
    let patch = "edition = '2025-01-01'\n[models.\"a/short\".request]\nx-remove = ['required']";
    let all = crate::contract::model::edition::load(newest, &[edition("old.toml", patch)]).unwrap();
    let page = render(&all[0], &[&all[1]]);
    let wanted = "| `sample@2025-02-01` | A log of `real` answers | New: `models.a/short.request.required` |\n\
                  | `sample@2025-01-01` |  | The first edition that is known. |\n";
    assert!(page.contains(wanted), "{page}");
}
