//! Ledgers whose file is not as they left it.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;

/// A ledger with one refused, one open and one accepted reservation: 5 credits.
fn written(scratch: &Scratch) -> PathBuf {
    let mut budget = opened(&scratch.ledger(), amount("100"));
    let refused = budget.reserve("VAL-01", Some(amount("1")), AT).unwrap();
    budget.settle(refused, amount("1"), Settled::Refused).unwrap();
    drop(budget.reserve("VAL-02", Some(amount("2")), AT).unwrap());
    let accepted = budget.reserve("SUB-01", Some(amount("4")), AT).unwrap();
    budget.settle(accepted, amount("3"), Settled::Accepted).unwrap();
    scratch.ledger()
}

fn refusal_of(path: &Path) -> String {
    let before = std::fs::read(path).unwrap();
    let message = Ledger::open(path, "run-2").unwrap_err().to_string();
    assert_eq!(std::fs::read(path).unwrap(), before, "the file was changed");
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn a_torn_last_line_is_cut_off_wherever_it_was_torn() {
    let scratch = Scratch::new();
    let path = written(&scratch);
    let whole = std::fs::read(&path).unwrap();
    let kept = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for length in kept..=whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let budget = opened(&path, amount("100"));
        let settled = length == whole.len();
        assert_eq!(budget.spent(), amount(if settled { "5" } else { "6" }), "{length} bytes");
        drop(budget);
        assert_eq!(std::fs::read(&path).unwrap(), whole[..if settled { length } else { kept }]);
    }
}

#[test]
fn a_file_torn_while_it_was_created_is_begun_anew() {
    let scratch = Scratch::new();
    let path = scratch.ledger();
    drop(Ledger::open(&path, "run-1").unwrap());
    let header = std::fs::read(&path).unwrap();
    for length in 0..header.len() {
        std::fs::write(&path, &header[..length]).unwrap();
        drop(Ledger::open(&path, "run-1").unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), header, "{length} bytes");
    }
}

#[test]
fn any_other_damage_is_an_error_that_names_the_line_and_changes_nothing() {
    let scratch = Scratch::new();
    let path = written(&scratch);
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(lines.len(), 6);
    let damages: [(usize, String, &str); 9] = [
        (2, String::new(), "expected an entry"),
        (3, lines[2][..20].to_owned(), "expected an entry"),
        (4, lines[3].replace("\"id\":2", "\"id\":3"), "expected reservation 2, found 3"),
        (4, lines[3].replace("acme\"", "acme\",\"more\":1"), "unknown field `more`"),
        (4, lines[3].replace("\"amount\":2.0", "\"amount\":-2.0"), "expected 0 or more"),
        (4, lines[3].replace(AT, "yesterday"), "found `yesterday`"),
        (6, lines[5].replace("\"id\":3", "\"id\":1"), "expected a number of an open reservation, found 1"),
        (
            3,
            lines[2].replace("\"amount\":0.0", "\"amount\":1.0"),
            "expected 0 as the amount of reservation 1",
        ),
        (6, lines[5].replace("accepted", "unknown"), "expected 4 as the amount of reservation 3"),
    ];
    for (line, damaged, why) in damages {
        let mut torn: Vec<&str> = lines.clone();
        torn[line - 1] = &damaged;
        std::fs::write(&path, torn.join("\n") + "\n").unwrap();
        let message = refusal_of(&path);
        assert!(message.contains(&format!("spend.jsonl:{line}: ")), "{message}");
        assert!(message.contains(why) && message.contains("nothing was changed"), "{why}: {message}");
    }
    let without_third: Vec<&str> = lines.iter().copied().filter(|line| *line != lines[3]).collect();
    std::fs::write(&path, without_third.join("\n") + "\n").unwrap();
    assert!(refusal_of(&path).contains("expected reservation 2, found 3"), "a line was taken out");
    std::fs::write(&path, format!("{whole}{}", "x".repeat(70_000))).unwrap();
    assert!(refusal_of(&path).contains(":7: the line has more than 65536 bytes"));
}

#[test]
fn a_file_of_somebody_else_is_left_alone() {
    let scratch = Scratch::new();
    let path = scratch.ledger();
    for foreign in ["my notes", "{\"a\":1}\n", "{\"schema_version\":1,\"ledger\":\"other\"}\n", "\n", "\0\0"]
    {
        std::fs::write(&path, foreign).unwrap();
        let message = refusal_of(&path);
        assert!(message.contains("expected {\"schema_version\":1,\"ledger\":\"mockreel\"}"), "{message}");
    }
    std::fs::write(&path, "{\"schema_version\":2,\"ledger\":\"mockreel\"}\n").unwrap();
    assert!(refusal_of(&path).contains("expected schema_version 1, found 2"));
    let absent = path.join("deeper");
    assert!(Ledger::open(&absent, "run-1").unwrap_err().to_string().starts_with("cannot open the ledger"));
}

#[test]
fn a_ledger_that_was_changed_or_removed_meanwhile_gives_no_permit() {
    let scratch = Scratch::new();
    let path = scratch.ledger();
    let mut budget = opened(&path, amount("10"));
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"hello\n").unwrap();
    let refused = budget.reserve("SUB-01", Some(amount("1")), AT).unwrap_err();
    assert!(refused.to_string().contains("was changed or removed"), "{refused}");
    drop(budget);
    std::fs::remove_file(&path).unwrap();
    let mut budget = opened(&path, amount("10"));
    std::fs::remove_file(&path).unwrap();
    assert!(budget.reserve("SUB-01", Some(amount("1")), AT).is_err());
    assert_eq!((budget.spent(), budget.reserved()), (Amount::ZERO, Amount::ZERO));
}

#[test]
fn an_entry_that_could_not_be_read_again_is_not_written() {
    let scratch = Scratch::new();
    let mut budget = opened(&scratch.ledger(), amount("10"));
    let before = std::fs::read(scratch.ledger()).unwrap();
    let refused = budget.reserve("SUB-01", Some(amount("1")), "noon").unwrap_err();
    assert!(refused.to_string().contains("found `noon`"), "{refused}");
    assert!(budget.reserve(&"x".repeat(70_000), Some(amount("1")), AT).is_err());
    assert_eq!(std::fs::read(scratch.ledger()).unwrap(), before);
    assert_eq!((budget.spent(), budget.reserved()), (Amount::ZERO, Amount::ZERO));
}
