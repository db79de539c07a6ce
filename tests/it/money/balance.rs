//! Balances: an account pays for jobs and is paid back, whatever happens to them.

use mockreel_contracts::{FailureReason, Phase};
use mockreel_emulator::{Latency, Limits};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{Good, Shop, goods, id};
use crate::support::{Caller, KEY, quiet};

/// How a vendor bills, as its page has it.
struct Form {
    vendor: &'static str,
    option: Option<(&'static str, &'static str)>,
    at_submit: bool,
    failed_billed: bool,
}

const FORMS: [Form; 5] = [
    Form { vendor: "302ai", option: None, at_submit: true, failed_billed: false },
    Form { vendor: "aimlapi", option: None, at_submit: false, failed_billed: false },
    Form { vendor: "apilaplas", option: None, at_submit: false, failed_billed: false },
    Form { vendor: "gmicloud", option: None, at_submit: false, failed_billed: false },
    Form { vendor: "gmicloud", option: Some(("failed_billed", "on")), at_submit: false, failed_billed: true },
];

impl Form {
    async fn shop(&self) -> Shop {
        let builder = quiet().latency(Latency::REAL);
        let builder = match self.option {
            Some((name, value)) => builder.option(self.vendor, name, value),
            None => builder,
        };
        Shop::of(self.vendor, builder).await
    }

    /// What the vendor sells.
    fn goods(&self) -> [Good; 2] {
        let mut goods = goods(self.vendor);
        if self.vendor == "apilaplas" {
            // It sells images in motion only, two models at one price: a longer one costs more.
            for (good, duration) in goods.iter_mut().zip(["5", "10"]) {
                good.body = json!({
                    "model": "kling-video/v1.6/standard/image-to-video",
                    "image_url": super::IMAGE,
                    "prompt": "a cat",
                    "duration": duration,
                });
                good.price = if duration == "5" { 315_000.0 } else { 630_000.0 };
            }
        }
        goods
    }
}

/// Something that happens to an account.
#[derive(Clone, Debug)]
enum Step {
    Buy(usize),
    End(usize, &'static str),
    Wait(u64),
    /// So many prices of the first good; or no end.
    Balance(Option<u32>),
}

fn some_step() -> impl Strategy<Value = Step> {
    let order = prop_oneof![Just("start"), Just("succeed"), Just("fail"), Just("cancel")];
    prop_oneof![
        4 => (0_usize..2).prop_map(Step::Buy),
        3 => (0_usize..8, order).prop_map(|(job, order)| Step::End(job, order)),
        1 => (0_u64..200).prop_map(Step::Wait),
        1 => proptest::option::of(0_u32..8).prop_map(Step::Balance),
    ]
}

/// A ledger that is kept by hand, entry by entry, in millionths.
#[derive(Debug, Default)]
struct Ledger {
    left: Option<i64>,
    charged: i64,
    refunded: i64,
    held: i64,
    /// Jobs that have not ended, with their prices.
    open: Vec<(String, i64)>,
}

fn millionths(units: f64) -> i64 {
    format!("{:.0}", units * 1e6).parse().unwrap()
}

impl Ledger {
    fn pays(&mut self, amount: i64) {
        if let Some(left) = &mut self.left {
            *left -= amount;
        }
    }

    fn buys(&mut self, form: &Form, job: String, price: i64) {
        self.pays(price);
        *(if form.at_submit { &mut self.charged } else { &mut self.held }) += price;
        self.open.push((job, price));
    }

    fn ended(&mut self, form: &Form, job: &str, phase: Phase) {
        let place = self.open.iter().position(|(open, _)| open == job).unwrap();
        let (_, price) = self.open.remove(place);
        let billed = match phase {
            Phase::Succeeded => true,
            Phase::Failed => form.failed_billed,
            Phase::Queued | Phase::Running | Phase::Cancelled => false,
        };
        if form.at_submit {
            self.refunded += if billed { 0 } else { price };
        } else {
            self.held -= price;
            self.charged += if billed { price } else { 0 };
        }
        if !billed {
            self.pays(-price);
        }
    }

    fn told(&self) -> [Value; 4] {
        let units = |amount: i64| json!(amount as f64 / 1e6);
        [self.left.map_or(Value::Null, units), units(self.charged), units(self.refunded), units(self.held)]
    }
}

/// Lets one thing happen, here and in the ledger.
async fn happens(shop: &Shop, form: &Form, key: &str, ledger: &mut Ledger, step: &Step) {
    let goods = form.goods();
    match step {
        Step::Buy(which) => {
            let price = millionths(goods[*which].price);
            let answer = shop.buy(key, &goods[*which]).await;
            let affordable = ledger.left.is_none_or(|left| left >= price);
            assert_eq!(id(&answer).is_some(), affordable, "{ledger:?}: {}", answer.text());
            if let Some(id) = id(&answer) {
                ledger.buys(form, id, price);
            }
        }
        Step::End(which, order) => {
            let Some((id, _)) = ledger.open.get(*which).cloned() else { return };
            let jobs = shop.emulator.jobs(key);
            // A job that has ended or started by itself takes no such order; what became of it is asked below.
            let _ = match *order {
                "start" => jobs.start(&id).await,
                "succeed" => jobs.succeed(&id).await,
                "fail" => jobs.fail(&id, FailureReason::Moderation).await,
                _ => jobs.cancel(&id).await,
            };
        }
        Step::Wait(seconds) => {
            let by = std::time::Duration::from_secs(*seconds);
            shop.emulator.clock(key).advance(by).await.unwrap();
        }
        Step::Balance(prices) => {
            let left = prices.map(|prices| f64::from(prices) * goods[0].price);
            let balance = left.map_or(Value::Null, |amount| json!({"amount": amount}));
            shop.ordered(key, &json!({"balance": balance})).await;
            ledger.left = left.map(millionths);
        }
    }
    for (id, _) in ledger.open.clone() {
        let phase = shop.emulator.jobs(key).phase(&id).await.unwrap();
        if phase.is_terminal() {
            ledger.ended(form, &id, phase);
        }
    }
}

#[test]
fn a_balance_is_that_of_a_ledger_kept_by_hand_whatever_happens() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for form in &FORMS {
        let shop = runtime.block_on(form.shop());
        let accounts = std::cell::Cell::new(0);
        let mut runner =
            TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&vec(some_step(), 1..25), |steps| {
            accounts.set(accounts.get() + 1);
            let key = format!("account-{}", accounts.get());
            let mut ledger = Ledger::default();
            for step in &steps {
                runtime.block_on(happens(&shop, form, &key, &mut ledger, step));
                let told = runtime.block_on(shop.told(&key));
                let found = ["/balance/amount", "/charged", "/refunded", "/held"]
                    .map(|place| told.pointer(place).cloned().unwrap_or_default());
                prop_assert_eq!(found, ledger.told(), "{} after {:?}", form.vendor, step);
            }
            Ok(())
        });
        outcome.unwrap();
    }
}

#[tokio::test]
async fn three_times_a_third_of_the_balance_leaves_exactly_nothing() {
    let shop = Shop::of("302ai", quiet()).await;
    shop.ordered(KEY, &json!({"balance": {"amount": 0.9, "unit": "PTC"}})).await;
    for left in [0.6, 0.3, 0.0] {
        shop.bought().await;
        assert_eq!(shop.told(KEY).await["balance"], json!({"amount": left, "unit": "PTC"}));
    }
    assert_eq!(shop.buy_one().await.status, 401);
}

#[test]
fn submits_at_the_same_moment_never_spend_the_same_credit_twice() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    for vendor in ["302ai", "aimlapi", "gmicloud"] {
        let shop = runtime.block_on(Shop::of(vendor, quiet().latency(Latency::REAL)));
        let good = goods(vendor)[0].clone();
        let balance = good.price * 3.0;
        runtime.block_on(shop.ordered(KEY, &json!({"balance": {"amount": balance}})));
        let url = shop.url(good.path);
        let statuses = runtime.block_on(async {
            let mut all = tokio::task::JoinSet::new();
            for _ in 0..24 {
                let (url, body) = (url.clone(), good.body.clone());
                all.spawn(async move { Caller::with_key(KEY).post(&url, &body).await.status });
            }
            all.join_all().await
        });
        let accepted = statuses.iter().filter(|status| (200..300).contains(*status)).count();
        assert_eq!(accepted, 3, "{vendor}: {statuses:?}");
        let told = runtime.block_on(shop.told(KEY));
        assert_eq!(told["balance"]["amount"], 0.0, "{vendor}: {told}");
    }
}

#[tokio::test]
async fn what_dropped_jobs_have_cost_is_not_forgotten() {
    let mut limits = Limits::default();
    limits.store.jobs = 2;
    let shop = Shop::of("302ai", quiet().latency(Latency::INSTANT).limits(limits)).await;
    shop.ordered(KEY, &json!({"balance": {"amount": 2.1}, "limits": {"per_minute": 6}})).await;
    let statuses = [(); 8].map(|()| shop.buy_one());
    let mut found = Vec::new();
    for status in statuses {
        found.push(status.await.status);
    }
    // Six are let through by the rate, though the money suffices for seven; of their jobs two are kept.
    assert_eq!(found, [200, 200, 200, 200, 200, 200, 429, 429]);
    let told = shop.told(KEY).await;
    assert_eq!((&told["charged"], &told["balance"]["amount"]), (&json!(1.8), &json!(0.3)));
    shop.wait(60_000).await;
    assert_eq!(shop.buy_one().await.status, 200, "0.3 is left, and it costs 0.3");
    assert_eq!(shop.buy_one().await.status, 401, "nothing is left");
}

#[tokio::test]
async fn a_failed_generation_costs_nothing_and_says_so_in_no_member_and_no_header() {
    let shop = Shop::of("aimlapi", quiet().option("aimlapi", "completed_meta", "on")).await;
    let purse = shop.emulator.wallet(KEY, "aimlapi");
    purse.set_balance(Some(1_000_000.0)).await.unwrap();
    let (failed, done) = (shop.bought().await, shop.bought().await);
    assert_eq!((purse.balance().await, purse.spent().await), (Some(370_000.0), 0.0));
    shop.emulator.jobs(KEY).fail(&failed, FailureReason::Internal).await.unwrap();
    shop.emulator.jobs(KEY).succeed(&done).await.unwrap();
    assert_eq!((purse.balance().await, purse.spent().await), (Some(685_000.0), 315_000.0));
    let look = async |id: &str| {
        let url = shop.url(&format!("/v2/video/generations?generation_id={id}"));
        Caller::with_key(KEY).get(&url).await
    };
    let answer = look(&failed).await;
    assert_eq!(answer.members(), ["id", "status", "error"]);
    assert!(answer.headers.iter().all(|(name, _)| !name.contains("credits") && !name.contains("usd")));
    let answer = look(&done).await;
    assert_eq!(answer.header("x-aimlapi-credits-used"), Some("315000"));
    assert_eq!(answer.header("x-aimlapi-usd-spent"), Some("0.157500000"));
    assert_eq!(answer.json()["meta"], json!({"usage": {"credits_used": 315_000, "usd_spent": 0.1575}}));
}
