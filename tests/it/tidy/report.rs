//! Report on a tree: everything that the rules find, for those who put it in order.

#![expect(clippy::print_stdout, reason = "a report is printed")]

use std::collections::BTreeMap;

use super::items::Function;
use super::names::{describe_functions, is_one_word, is_participle, named_functions, names_in_many_files};
use super::tree::{Tree, read_tree};
use super::{imports, layout, literals, signs, vendors};

fn section(title: &str, lines: &[String]) {
    println!("\n## {title} ({})", lines.len());
    for line in lines {
        println!("- {line}");
    }
}

fn print_functions(tree: &Tree) {
    let functions = named_functions(tree);
    println!("\n## Names of functions");
    println!("all: {}", describe_functions(functions.iter().map(|(_, function)| function)));
    let mut crates: BTreeMap<&str, Vec<(&str, &Function)>> = BTreeMap::new();
    for (path, function) in &functions {
        crates.entry(path.split('/').next().unwrap_or_default()).or_default().push((path, function));
    }
    for (name, functions) in crates {
        println!("\n### {name}: {}", describe_functions(functions.iter().map(|(_, function)| *function)));
        let list = |wanted: &dyn Fn(&Function) -> bool| {
            let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (path, function) in functions.iter().filter(|(_, function)| wanted(function)) {
                files.entry(path).or_default().push(&function.name);
            }
            files.into_iter().map(|(path, names)| format!("{path}: {}", names.join(" "))).collect::<Vec<_>>()
        };
        section(&format!("{name}, bare participles"), &list(&|function| is_participle(&function.name)));
        section(
            &format!("{name}, no methods and of one word"),
            &list(&|function| !function.method && is_one_word(&function.name)),
        );
    }
}

#[test]
#[ignore = "prints and cannot fail; for those who put a tree in order: add `--nocapture`"]
fn report() {
    let tree = read_tree();
    println!("# What the rules find");
    section("Circles of imports above three files", &imports::large_circles(&tree, 3));
    let names = names_in_many_files(&tree, 1);
    let names: Vec<String> = names
        .iter()
        .map(|(name, places)| format!("{} {name}: {}", places.len(), places.join(", ")))
        .collect();
    let (many, two) = names.into_iter().partition::<Vec<_>, _>(|line| !line.starts_with("2 "));
    section("Names of types in more than two files", &many);
    section("Names of types in two files", &two);
    section("Literals of operations and roles", &literals::named_literals(&tree, &[]));
    section("Vendors in the suite", &vendors::vendor_words(&tree));
    section("Module docs that ask", &signs::questions(&tree));
    section("Folders above 15 files", &layout::crowded_folders(&tree, &[]));
    section("Files beside their folder", &layout::files_beside_their_folder(&tree));
    section("Words without a file", &layout::words_without_a_file(&tree, &layout::SOUGHT));
    print_functions(&tree);
}
