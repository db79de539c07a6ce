//! Names: a type's stands for one thing, and a function's says what it does.

use std::collections::BTreeMap;

use super::graph::read_product;
use super::items::Function;
use super::tree::{Tree, read_tree};

/// In how many files types of one name may be defined.
const MOST_FILES: usize = 2;

/// Names that stand in more files, and why.
const SHARED_NAMES: [(&str, &str); 0] = [];

/// The largest share of one-word names among functions that are no methods, in per cent. It only falls.
const MOST_ONE_WORD: usize = 43;

/// The largest number of bare past participles among all functions. It only falls.
const MOST_PARTICIPLES: usize = 118;

/// The names of types with the places that define them, where these are more than a number of files.
pub(crate) fn names_in_many_files(tree: &Tree, most: usize) -> BTreeMap<String, Vec<String>> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, items) in read_product(tree) {
        for definition in items.types {
            places.entry(definition.name).or_default().push(format!("{path}:{}", definition.line));
        }
    }
    places.retain(|_, places| {
        let mut files: Vec<&str> = places.iter().filter_map(|place| place.split(':').next()).collect();
        files.dedup();
        files.len() > most
    });
    places
}

/// Names in many files that have no reason, and reasons that nothing needs.
fn unexplained_names(tree: &Tree, reasons: &[(&str, &str)]) -> Vec<String> {
    let names = names_in_many_files(tree, MOST_FILES);
    let explained = |name: &str| reasons.iter().any(|(known, _)| *known == name);
    let mut wrong: Vec<String> = names
        .iter()
        .filter(|(name, _)| !explained(name))
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    for (name, _) in reasons.iter().filter(|(name, _)| !names.contains_key(*name)) {
        wrong.push(format!("{name}: needs no reason any more"));
    }
    wrong
}

/// Past participles that do not end in `ed`.
const IRREGULAR: [&str; 69] = [
    "begun",
    "bitten",
    "borne",
    "bought",
    "bound",
    "broken",
    "brought",
    "built",
    "caught",
    "chosen",
    "done",
    "dealt",
    "drawn",
    "driven",
    "eaten",
    "fallen",
    "felt",
    "forgotten",
    "found",
    "frozen",
    "given",
    "gone",
    "grown",
    "heard",
    "held",
    "hidden",
    "hung",
    "kept",
    "known",
    "laid",
    "learnt",
    "led",
    "lent",
    "lost",
    "made",
    "meant",
    "met",
    "paid",
    "proven",
    "risen",
    "said",
    "seen",
    "sent",
    "shown",
    "shut",
    "sold",
    "sought",
    "spelt",
    "spent",
    "split",
    "spoken",
    "stood",
    "stolen",
    "struck",
    "sworn",
    "swept",
    "taken",
    "taught",
    "thought",
    "thrown",
    "told",
    "torn",
    "understood",
    "undone",
    "withheld",
    "won",
    "worn",
    "wound",
    "written",
];

/// Words that end in `ed` and are no participles.
const NO_PARTICIPLES: [&str; 7] = ["bed", "embed", "exceed", "feed", "need", "seed", "speed"];

pub(crate) fn is_one_word(name: &str) -> bool {
    !name.trim_matches('_').contains('_')
}

pub(crate) fn is_participle(name: &str) -> bool {
    IRREGULAR.contains(&name) || is_one_word(name) && name.ends_with("ed") && !NO_PARTICIPLES.contains(&name)
}

/// The functions of the product that somebody here has named, with their files: not `main`, and not what a
/// trait from elsewhere names.
pub(crate) fn named_functions(tree: &Tree) -> Vec<(String, Function)> {
    let files = read_product(tree);
    let ours: Vec<&str> =
        files.values().flat_map(|items| &items.types).map(|definition| definition.name.as_str()).collect();
    let mut functions = Vec::new();
    for (path, items) in &files {
        for function in &items.functions {
            let given = function.given_by.as_deref().is_some_and(|by| !ours.contains(&by));
            if !given && function.name != "main" {
                functions.push((path.clone(), function.clone()));
            }
        }
    }
    functions
}

/// How functions are named, for one crate or all.
pub(crate) fn describe_functions<'a>(functions: impl Iterator<Item = &'a Function> + Clone) -> String {
    let all = functions.clone().count();
    let one_word = functions.clone().filter(|function| is_one_word(&function.name)).count();
    let free = functions.clone().filter(|function| !function.method);
    let free_one_word = free.clone().filter(|function| is_one_word(&function.name)).count();
    let participles = functions.filter(|function| is_participle(&function.name)).count();
    format!(
        "{all} functions, of one word {one_word} ({} %); {} are no methods, of one word {free_one_word} ({} %); \
         bare participles {participles}",
        per_cent(one_word, all),
        free.clone().count(),
        per_cent(free_one_word, free.count()),
    )
}

fn per_cent(part: usize, whole: usize) -> usize {
    (part * 100).checked_div(whole).unwrap_or_default()
}

#[test]
fn a_name_of_a_type_means_one_thing() {
    super::assert_none(
        &unexplained_names(&read_tree(), &SHARED_NAMES),
        "say which one it is (`ResponseKey`, not `Kind`); search the workspace before naming a type",
    );
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures, with `--nocapture`")]
fn names_of_functions_say_more_and_more() {
    let functions = named_functions(&read_tree());
    let all = || functions.iter().map(|(_, function)| function);
    println!("{}", describe_functions(all()));
    let free: Vec<&Function> = all().filter(|function| !function.method).collect();
    let one_word = free.iter().filter(|function| is_one_word(&function.name)).count();
    let participles = all().filter(|function| is_participle(&function.name)).count();
    assert!(
        per_cent(one_word, free.len()) <= MOST_ONE_WORD,
        "begin with a verb and say what it is done to: {one_word} of {} functions have one word",
        free.len()
    );
    assert!(participles <= MOST_PARTICIPLES, "use a verb (`compare_sides`, not `compared`): {participles}");
}

#[test]
fn a_name_in_three_files_wants_a_reason_and_a_reason_wants_such_a_name() {
    let tree = Tree::made_up(&[
        ("own/Cargo.toml", "[package]\nname = \"mockreel-own\"\n"),
        ("own/src/lib.rs", "mod a; mod b; mod c; type Twice = u8; struct Pair; struct Alone;"),
        ("own/src/a.rs", "struct Kind; trait Place {} struct Pair;"),
        ("own/src/b.rs", "enum Kind {} struct Place;"),
        ("own/src/c.rs", "type Kind = u8; #[cfg(test)] struct Pair;"),
    ]);
    assert_eq!(unexplained_names(&tree, &[]), ["Kind: own/src/a.rs:1, own/src/b.rs:1, own/src/c.rs:1"]);
    assert_eq!(
        unexplained_names(&tree, &[("Kind", "each is what its file counts"), ("Pair", "why")]),
        ["Pair: needs no reason any more"]
    );
}

#[test]
fn functions_are_counted_without_those_that_foreign_traits_name() {
    let tree = Tree::made_up(&[
        ("own/Cargo.toml", "[package]\nname = \"mockreel-own\"\n"),
        (
            "own/src/lib.rs",
            "trait Clock { fn now(&self); } impl Clock for u8 { fn now(&self) {} }
             impl fmt::Display for X { fn fmt(&self) {} }
             impl X { fn left(&self) {} fn compared() {} }
             fn told() {} fn compare_sides() {} fn seed() {} #[test] fn found() {}",
        ),
    ]);
    let functions = named_functions(&tree);
    assert_eq!(
        describe_functions(functions.iter().map(|(_, function)| function)),
        "7 functions, of one word 6 (85 %); 3 are no methods, of one word 2 (66 %); bare participles 2"
    );
}
