//! Money: what a plan says, what a run may spend, and that neither a crash nor a restart changes that.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mockreel_conformance::check::{TargetChoice, plan};
use mockreel_conformance::outcome::Outcome;
use mockreel_conformance::plan::Worst;
use mockreel_contracts::Amount;
use serde_json::Value;

use super::servers::{Server, answer, is_keyed, that_loses_submits};
use super::{Ended, Folder, Stand, check, contract, only, wanted};

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// What the ledger says was spent at most: reservations that were not settled in full, the others as settled.
fn spent(ledger: &Path) -> f64 {
    let text = std::fs::read_to_string(ledger).unwrap_or_default();
    let mut open = std::collections::BTreeMap::new();
    for line in text.lines() {
        // A line that was being written when the run was killed is no line.
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        if let Some(reserve) = line.get("reserve") {
            open.insert(reserve["id"].as_u64().unwrap(), reserve["amount"].as_f64().unwrap());
        }
        if let Some(settle) = line.get("settle") {
            open.insert(settle["id"].as_u64().unwrap(), settle["amount"].as_f64().unwrap());
        }
    }
    open.values().sum()
}

#[test]
fn a_plan_of_302ai_sums_up_by_hand_and_needs_no_key() {
    let folder = Folder::new("plan");
    let ended = folder.run(&["plan", "302ai", "--target", "live"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let column = ended.out.lines().filter_map(|line| {
        let (before, _) = line.split_once(" PTC  ")?;
        before.rsplit(' ').next()?.parse::<f64>().ok()
    });
    let by_hand: f64 = column.sum();
    let said = ended.out.lines().find_map(|line| line.strip_prefix("sum of the column: ")).unwrap();
    assert_eq!(said, format!("{} PTC", Amount::rounded_up(by_hand)), "{}", ended.out);
    // The page's prices: 0.3 for the plainest job and for what is refused on the same path.
    assert!(ended.out.contains("SUB-01    MUST    own                0.3 PTC"), "{}", ended.out);
    let small = folder.run(&["plan", "302ai", "--target", "live", "--max-spend", "0.2"]);
    let most = ended.out.lines().find_map(|line| line.strip_prefix("at most ")?.split(' ').next()).unwrap();
    let said = format!(
        "exit code 4: --max-spend 0.2 is less than the {most} PTC that can be spent; give --max-spend {most}"
    );
    assert!(small.code == 4 && small.out.contains(&said), "{small:?}");
    assert_eq!(folder.run(&["plan", "302ai", "--target", "live", "--max-spend", most]).code, 0);
}

#[test]
fn a_plan_is_written_as_asked_and_says_what_its_unit_is_worth() {
    let folder = Folder::new("plan-files");
    let ended = folder.run(&["plan", "aimlapi", "--report", "md=out/plan.md,json=plan.json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("2000000 credits are one US dollar, so that is "), "{}", ended.out);
    let plan = std::fs::read_to_string(folder.file("out/plan.md")).unwrap();
    assert!(plan.contains("| SUB-01 | MUST | own |") && plan.contains("credits can be spent"), "{plan}");
    let plan: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.file("plan.json")).unwrap()).unwrap();
    assert_eq!(
        (&plan["exit_code"], &plan["cases"][0]["id"]),
        (&serde_json::json!(0), &serde_json::json!("NET-02"))
    );
    let unknown = folder.run(&["plan", "apilaplas"]);
    assert!(unknown.out.contains("what credits are worth in money is in no source"), "{}", unknown.out);
    let refused = folder.run(&["plan", "gmicloud", "--report", "junit=r.xml"]);
    assert!(
        refused.line(2).contains("a plan has no such report; expected md=FILE or json=FILE"),
        "{refused:?}"
    );
    let help = folder.run(&["plan", "--help"]).out;
    assert!(help.contains("Write the plan: md=F, json=F") && !help.contains("--cassette"), "{help}");
}

#[test]
fn an_unknown_price_is_said_with_how_to_allow_it() {
    let folder = Folder::new("unknown");
    let ended = folder.run(&["plan", "gmicloud", "--target", "live"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(
        ended.out.contains("no price is known for") && ended.out.contains("--allow-unknown-price"),
        "{}",
        ended.out
    );
    assert!(
        ended.out.lines().any(|line| line.starts_with("SUB-01") && line.contains("unknown")),
        "{}",
        ended.out
    );
    let allowed = folder.run(&["plan", "gmicloud", "--target", "live", "--allow-unknown-price"]);
    assert_eq!(allowed.code, 0, "{allowed:?}");
}

#[test]
fn a_budget_below_the_first_paid_case_sends_nothing_and_ends_with_4() {
    let server = Server::start(|_, _| answer("404 Not Found", "application/json", "{}"));
    let folder = Folder::new("small");
    let target = server.address.clone();
    let ended = folder.run(&["check", "302ai", "--target", &target, "--max-spend", "0.29"]);
    let line = ended.line(4);
    assert!(line.contains("0.3") && line.contains("nothing was sent"), "{line}");
    // The one question is whether a stand-in listens there, on this machine only; nothing went to the vendor's paths.
    assert!(server.asked() <= 1, "{} requests were sent", server.asked());
}

#[test]
fn what_a_run_reserves_is_what_its_plan_says() {
    let stand = Stand::start("302ai");
    let contract = contract("302ai");
    let folder = Folder::new("reserved");
    let mut wanted = wanted(contract.clone(), stand.place(&contract));
    wanted.max_spend = Some(amount("100"));
    wanted.ledger = folder.file("ledger.jsonl");
    let planned = plan(&wanted).unwrap();
    let report = check(&wanted).unwrap();
    assert_eq!(report.exit_code, 0);
    assert_eq!(report.spend.reserved, planned.sum());
    assert_eq!(report.spend.settled, amount("0.3"), "one job was accepted, everything else refused");
    for line in &planned.lines {
        let Some(result) = report.results.iter().find(|result| result.id == line.id) else { continue };
        let expected = match line.worst {
            Worst::Known(amount) => amount,
            Worst::Nothing | Worst::Shared | Worst::Unknown => Amount::ZERO,
        };
        assert_eq!(result.spend.reserved, expected, "{}", line.id);
    }
    assert!((spent(&wanted.ledger) - 0.3).abs() < 1e-9);
    assert_eq!(stand.jobs(), 1, "no case got a job of its own without --paid");
}

#[test]
fn after_one_unexpected_acceptance_the_rest_of_its_class_is_not_run() {
    // A vendor that accepts whatever has a body.
    let server = Server::start(|request, _| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
        let keyed = is_keyed(head);
        if !keyed {
            return answer("401 Unauthorized", "application/json", "{\"error\":\"no\"}");
        }
        if head.starts_with("POST") && !body.is_empty() {
            let accepted = r#"{"request_id":"5a7a5466-7948-47d8-8578-cff4b9581feb","model":"m","status":"queued","created_at":1,"updated_at":1,"queued_at":1}"#;
            return answer("200 OK", "application/json", accepted);
        }
        answer("404 Not Found", "application/json", "{\"error\":\"no\"}")
    });
    let folder = Folder::new("class");
    let mut wanted = wanted(contract("gmicloud"), TargetChoice::Address(server.address.clone()));
    wanted.max_spend = Some(amount("10"));
    wanted.allow_unknown_price = true;
    wanted.ledger = folder.file("ledger.jsonl");
    wanted.choice = only(&["VAL-09", "VAL-10", "VAL-11", "VAL-12"]);
    let report = check(&wanted).unwrap();
    let of = |id: &str| report.results.iter().find(|result| result.id == id).unwrap();
    assert_eq!(of("VAL-09").outcome, Outcome::Fail);
    assert_eq!(of("VAL-10").outcome, Outcome::Blocked, "{}", of("VAL-10").message);
    assert!(of("VAL-10").message.contains("VAL-09 was not refused"), "{}", of("VAL-10").message);
    assert_eq!((of("VAL-11").outcome, of("VAL-12").outcome), (Outcome::Fail, Outcome::Blocked));
    assert_eq!(report.exit_code, 1, "the budget is not exhausted");
}

#[test]
fn a_submit_whose_answer_is_lost_counts_in_full_and_is_not_sent_again() {
    let submits = Arc::new(AtomicUsize::new(0));
    let server = that_loses_submits(&submits);
    let folder = Folder::new("lost");
    let mut wanted = wanted(contract("302ai"), TargetChoice::Address(server.address.clone()));
    wanted.max_spend = Some(amount("1"));
    wanted.ledger = folder.file("ledger.jsonl");
    wanted.choice = only(&["SUB-01"]);
    let report = check(&wanted).unwrap();
    assert_eq!(report.exit_code, 3, "{:?}", report.results);
    assert_eq!(submits.load(Ordering::SeqCst), 1, "a submit is never sent twice");
    assert!((spent(&wanted.ledger) - 0.3).abs() < 1e-9);
    assert_eq!(report.spend.settled, amount("0.3"));
}

/// A run with a budget of 2, whose ledger stays between runs.
fn with_budget_of_2(folder: &Folder, target: &str) -> Command {
    let cases = ["--paid", "--ledger", "ledger.jsonl", "--only", "SUB,VAL"];
    folder.command(&[&["check", "302ai", "--target", target, "--max-spend", "2"][..], &cases].concat())
}

/// The same, going to be killed.
fn started(folder: &Folder, target: &str) -> Child {
    with_budget_of_2(folder, target).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn killed_and_started_again_the_ledger_never_exceeds_the_cap() {
    // Every submit is accepted, by a server that takes its time and counts what it could charge.
    let accepted = Arc::new(AtomicUsize::new(0));
    let (tell, told) = std::sync::mpsc::channel();
    let (counted, tell) = (Arc::clone(&accepted), std::sync::Mutex::new(tell));
    let server = Server::start(move |request, _| {
        if !is_keyed(request) {
            return answer("401 Unauthorized", "application/json", "{}");
        }
        if request.starts_with("POST") {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            // The test kills the run while it waits for this answer.
            let _ = tell.lock().unwrap().send(());
            if number % 2 == 1 {
                std::thread::park_timeout(std::time::Duration::from_millis(300));
            }
            let body = r#"{"data":{"status":5,"task":{"id":"kling_abc","status":5},"works":[]},"message":"","result":1,"status":200}"#;
            return answer("200 OK", "application/json", body);
        }
        let body = r#"{"data":{"status":99,"task":{"id":"kling_abc","status":99},"works":[]},"message":"","result":1,"status":200}"#;
        if request.contains("kling_abc") {
            answer("200 OK", "application/json", body)
        } else {
            answer("404 Not Found", "application/json", "{}")
        }
    });
    let folder = Folder::new("kill");
    let ledger = folder.file("ledger.jsonl");
    for round in 0..8 {
        let mut run = started(&folder, &server.address);
        // The second submit of each round is the one that is cut off; late rounds find nothing left and end by themselves.
        let mut seen = 0;
        while seen < 2 && run.try_wait().unwrap().is_none() {
            if told.recv_timeout(std::time::Duration::from_millis(50)).is_ok() {
                seen += 1;
            }
        }
        // `kill` sends SIGKILL: nothing of the run can tidy up.
        let _ = run.kill();
        run.wait().unwrap();
        assert!(spent(&ledger) <= 2.0 + 1e-9, "round {round}: {}", spent(&ledger));
    }
    let ended = Ended::of(with_budget_of_2(&folder, &server.address).output().unwrap());
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(spent(&ledger) <= 2.0 + 1e-9);
    // The server has never been able to charge more than the ledger says: each job costs 0.3 at least.
    let charged = accepted.load(Ordering::SeqCst);
    assert!(charged >= 4 && charged as f64 * 0.3 <= 2.0 + 1e-9, "{charged} submits for a cap of 2");
}
