//! Bounds of webhooks: forgotten records, refused receivers, redacted addresses.

use serde_json::json;

use super::super::deliver::permitted_receiver;
use super::super::log::{MAX_RECORDS, WebhookState};
use super::super::messages::Messages;
use super::super::outbox::{MAX_PENDING, MAX_PENDING_OF_ONE, Outbox};
use super::{Receiver, Stage, account};
use crate::edge::addresses::Addresses;
use crate::state::job::Job;
use crate::state::progress::Progress;
use crate::state::webhook_plan::parse_receiver;

#[tokio::test]
async fn the_log_remembers_the_latest_and_counts_the_others() {
    let stage = Stage::with("");
    let plan = stage.plan("http://127.0.0.1:9/", &json!({"send": false}));
    let job = stage.submit(&account("a"), None, Progress::Time).await;
    let mut outbox = Outbox::default();
    for _ in 0..MAX_RECORDS + 5 {
        outbox.note_off(&job.key, &plan);
    }
    assert_eq!((outbox.log().newest().count(), outbox.log().dropped()), (MAX_RECORDS, 5));
    outbox.forget(Some("somebody else"));
    assert_eq!(outbox.log().newest().count(), MAX_RECORDS);
    outbox.forget(Some("a"));
    assert_eq!(outbox.log().newest().count(), 0);
}

#[tokio::test]
async fn what_is_pending_is_bounded_and_the_log_says_what_was_dropped() {
    let stage = Stage::with("");
    let plan = stage.plan("http://127.0.0.1:9/", &json!({"copies": 10}));
    let job = stage.submit(&account("a"), None, Progress::Immediate).await;
    let now = job.submitted_at;
    let mut outbox = Outbox::default();
    let mut fill = |job: &Job| {
        let mut taken = 0;
        for _ in 0..=MAX_PENDING / 10 {
            let messages = Messages::new(plan.clone()).advance(job, stage.app.settings.seed, now);
            taken += messages.into_iter().filter_map(|message| outbox.take_on(message)).count();
        }
        taken
    };
    // One account leaves a quarter to the others.
    assert_eq!(fill(&job), MAX_PENDING_OF_ONE);
    let mut other = Job::clone(&job);
    other.key.account = account("b");
    assert_eq!(fill(&other), MAX_PENDING - MAX_PENDING_OF_ONE);
    assert_eq!(outbox.pending(), MAX_PENDING);
    let newest = outbox.log().newest().next().unwrap();
    assert_eq!(newest.state, WebhookState::Failed);
    assert!(newest.why.as_ref().unwrap().contains("10000 callbacks are pending already"), "{newest:?}");
}

#[tokio::test]
async fn a_job_is_not_followed_when_too_many_are() {
    let stage = Stage::with("");
    let plan = stage.plan("http://127.0.0.1:9/", &json!({}));
    for number in 0..MAX_PENDING {
        let name = if number < MAX_PENDING_OF_ONE { "a" } else { "b" };
        stage.submit(&account(name), Some(plan.clone()), Progress::Step).await;
        if number == MAX_PENDING_OF_ONE {
            stage.submit(&account("a"), Some(plan.clone()), Progress::Step).await;
            let log = stage.log();
            assert_eq!((log.len(), log[0].state, &*log[0].key.account), (1, WebhookState::Failed, "a"));
        }
    }
    assert_eq!(stage.log().len(), 1);
    stage.submit(&account("c"), Some(plan), Progress::Step).await;
    let log = stage.log();
    assert_eq!((log.len(), log[0].state, &*log[0].key.account), (2, WebhookState::Failed, "c"));
}

#[tokio::test]
async fn one_slow_receiver_does_not_keep_another_account_waiting() {
    let stage = Stage::with("patience_seconds = 600.0");
    let mut receiver = Receiver::answering(&[]).await;
    // It takes connections and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", silent.local_addr().unwrap());
    let slow = stage.submit(&account("slow"), Some(stage.plan(&address, &json!({}))), Progress::Time).await;
    stage.finish(&slow).await;
    let _held = silent.accept().await.unwrap();
    let plan = stage.plan(&receiver.address, &json!({}));
    let quick = stage.submit(&account("quick"), Some(plan), Progress::Time).await;
    stage.finish(&quick).await;
    assert!(receiver.next().await.body.to_string().contains(&*quick.key.id));
}

#[tokio::test]
async fn only_this_machine_is_called_and_only_while_nobody_else_is_listened_to() {
    let stage = Stage::with("");
    let judged = |address: &str| permitted_receiver(&stage.app, &stage.plan(address, &json!({})));
    for here in ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "https://127.8.0.1/"] {
        assert!(judged(here).is_ok(), "{here}");
    }
    for elsewhere in
        ["http://192.0.2.1/", "http://10.0.0.1/", "http://localhost.example/", "http://0.0.0.0:9/"]
    {
        assert!(judged(elsewhere).unwrap_err().contains("start with --allow-callbacks"), "{elsewhere}");
    }
    for own in ["http://127.0.0.1:1/x", "http://localhost:1/__admin/reset", "http://[::1]:1/"] {
        assert!(judged(own).unwrap_err().contains("this emulator's own"), "{own}");
    }
    for wrong in ["hook", "ftp://127.0.0.1/", "", "mailto:somebody"] {
        let plan = parse_receiver(wrong).unwrap_err();
        assert!(plan.contains("expected an address as in http://"), "{plan}");
    }
    let vendor = stage.app.settings.vendors[0].vendor.contract.hosts[0].clone();
    assert!(judged(&format!("https://{vendor}/x")).unwrap_err().contains("is an emulated vendor"));

    let open = Stage::with("");
    let settings =
        crate::Settings { vendors: open.app.settings.vendors.clone(), ..open.app.settings.clone() };
    let listening = |settings| {
        let store = crate::store::MemoryStore::new(crate::clock::AccountClock::System, Default::default());
        let clock = std::sync::Arc::new(crate::clock::SystemClock::default());
        let app =
            crate::app::App::new(settings, clock, crate::store::Store::Memory(store), Default::default());
        app.set_addresses(Addresses { listening: vec!["0.0.0.0:1".parse().unwrap()], public_url: None });
        app
    };
    let plan = open.plan("http://127.0.0.1:9/", &json!({}));
    let refused = permitted_receiver(&listening(settings.clone()), &plan).unwrap_err();
    assert!(refused.contains("listens beyond loopback"), "{refused}");
    let allowed = listening(crate::Settings { webhooks_beyond_loopback: true, ..settings });
    for (address, may) in
        [("http://10.0.0.1/", true), ("http://127.0.0.1:9/", true), ("http://localhost:1/", false)]
    {
        assert_eq!(permitted_receiver(&allowed, &open.plan(address, &json!({}))).is_ok(), may, "{address}");
    }
}

#[tokio::test]
async fn an_address_is_shown_without_its_secrets() {
    let stage = Stage::with("");
    let plan = stage.plan("http://me:hunter2@127.0.0.1:9/hook?token=hunter2&x=hunter2#hunter2", &json!({}));
    assert_eq!(plan.shown, "http://127.0.0.1:9/hook?token=REDACTED&x=REDACTED");
    assert!(!format!("{plan:?}").contains("hunter2"));
    let long = stage.plan(&format!("http://127.0.0.1/{}", "x".repeat(9_000)), &json!({}));
    assert_eq!(long.receiver, Err("the address has more than 8192 bytes".to_owned()));
    let bad = stage.plan("hunter2", &json!({}));
    assert!(!format!("{bad:?} {:?}", bad.note()).contains("hunter2"));
}
