//! The page of all flags, made of what `--help` prints and of the schema of the configuration file.

use serde_json::Value;

use super::printed;

const INTRODUCTION: &str = "\
<!-- Written from `mockreel --help` by `UPDATE=1 cargo test --test it docs`; do not edit. -->

# Commands and flags

A flag wins over its environment variable, the variable over the key in the configuration file, and that over the
default. `mockreel.toml` is read from the current directory, or the file that `--config` names.

- An unknown key in the file is an error with its line and column. The file has a schema:
  [config.schema.json](../config.schema.json).
- A repeatable flag takes a comma-separated list in its variable, and a list of texts in the file.
- `scenario` in the file also takes scenarios themselves, as `[[scenario]]`. Two parts of the file have no flag:
  `[account.VENDOR]` and `[[key]]`, see [money](../guide/money.md).
- An empty variable counts as not set. A variable `MOCKREEL_...` that nobody knows is named on standard error;
  those that Kubernetes sets for services are passed over.
- `MOCKREEL_LOG=info` writes a line about every request to standard error: vendor, path, status, and in words why it
  was refused; `debug` adds headers and bodies, without keys and images. The default is `warn`.

Exit codes: 0 fine (a server: stopped by Ctrl-C or SIGTERM), 1 not conformant, 2 usage, configuration or unknown price,
3 target unreachable or key refused, 4 budget exhausted, 5 drift found, 6 an error of Mockreel itself.
";

/// A line of a list in the help: a name, and what is said of it.
struct Entry {
    name: String,
    text: String,
}

/// The page `docs/reference/flags.md`.
pub(super) fn page() -> String {
    let schema: Value = serde_json::from_str(&printed(&["scenario", "schema", "--config"])).unwrap();
    let mut page = INTRODUCTION.to_owned();
    for command in commands(&printed(&["--help"])) {
        add(&mut page, &schema, &[command.name.as_str()]);
    }
    page
}

/// The commands that a help lists, but for `help` itself.
fn commands(help: &str) -> impl Iterator<Item = Entry> {
    entries(help, "Commands:").into_iter().filter(|command| command.name != "help")
}

/// Adds a command, and those below it.
fn add(page: &mut String, schema: &Value, path: &[&str]) {
    let help = printed(&[path, &["--help"]].concat());
    let about = help.lines().next().unwrap_or_default();
    let usage = help.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap_or_default();
    page.push_str(&format!("\n## mockreel {}\n\n{about}.\n\n`{usage}`\n", path.join(" ")));
    let arguments = entries(&help, "Arguments:");
    if !arguments.is_empty() {
        page.push('\n');
    }
    for Entry { name, text } in arguments {
        page.push_str(&format!("- `{name}`: {text}\n"));
    }
    let table = match path[0] {
        "serve" => Some(("", &schema["properties"])),
        "check" | "plan" => Some(("[check] ", &schema["$defs"]["CheckTable"]["properties"])),
        "drift" => Some(("[drift] ", &schema["$defs"]["DriftTable"]["properties"])),
        _ => None,
    };
    let flags = entries(&help, "Options:").into_iter().filter(|flag| !flag.name.contains("--help"));
    let rows: Vec<String> = flags.map(|flag| row(&flag, table)).collect();
    if !rows.is_empty() {
        page.push_str("\n| flag | variable | key | default | what |\n|---|---|---|---|---|\n");
        page.push_str(&rows.concat());
    }
    for command in commands(&help) {
        add(page, schema, &[path, &[command.name.as_str()]].concat());
    }
}

fn row(flag: &Entry, table: Option<(&str, &Value)>) -> String {
    let (default, text) = without_mark(&flag.text, " [default: ");
    let (variable, text) = without_mark(&text, " [env: ");
    let (_, text) = without_mark(&text, " [possible values: ");
    let long = flag.name.split_whitespace().find_map(|word| word.strip_prefix("--")).unwrap();
    let key = long.replace('-', "_");
    let key = table.filter(|(_, keys)| keys.get(&key).is_some()).map(|(name, _)| format!("{name}{key}"));
    let code =
        |text: Option<String>| text.map_or(String::new(), |text| format!("`{text}`").replace('|', "\\|"));
    let variable = variable.map(|text| text.trim_end_matches('=').to_owned());
    let name = code(Some(flag.name.clone()));
    format!("| {name} | {} | {} | {} | {text} |\n", code(variable), code(key), default.unwrap_or_default())
}

/// What a mark in square brackets holds, and the text without it.
fn without_mark(text: &str, opening: &str) -> (Option<String>, String) {
    let Some((before, rest)) = text.split_once(opening) else { return (None, text.to_owned()) };
    let (mark, after) = rest.split_once(']').unwrap();
    (Some(mark.to_owned()), format!("{before}{after}"))
}

/// The entries of a list in the help: a name and its text on one line, or the text below the name.
fn entries(help: &str, heading: &str) -> Vec<Entry> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    let mut entries: Vec<Entry> = Vec::new();
    for line in lines.take_while(|line| line.starts_with(' ')) {
        let (name, text) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
        match entries.last_mut() {
            // Texts are set further in than names.
            Some(last) if last.text.is_empty() && line.starts_with("          ") => {
                line.trim().clone_into(&mut last.text)
            }
            Some(_) | None => entries.push(Entry { name: name.to_owned(), text: text.trim().to_owned() }),
        }
    }
    entries
}
