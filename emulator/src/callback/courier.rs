//! Couriers: each carries what is due of one account, one message after the other.

use std::sync::Arc;

use bytes::Bytes;
use mockreel_contracts::{Exchange, ReplyBody};

use super::outbox::{Delivery, Outcome};
use super::post::{Letter, permitted};
use crate::http::view::view;
use crate::job::Job;
use crate::shared::Shared;

/// Carries everything that is due of an account, until nothing is.
pub(crate) async fn carry(shared: Arc<Shared>, account: Arc<str>, courier: u64) {
    let schedule = &shared.schedule;
    while let Some(delivery) = schedule.with(|state| state.outbox.next(&account, courier)) {
        let Ok(_turn) = schedule.sending.acquire().await else { return };
        if !schedule.with(|state| state.outbox.is_pending(&delivery)) {
            continue;
        }
        let at = shared.account_now(&account).await;
        let outcome = attempt(&shared, &delivery).await;
        schedule.settle(&account, delivery, at, outcome);
    }
}

async fn attempt(shared: &Shared, delivery: &Delivery) -> Outcome {
    let message = &delivery.message;
    let url = match permitted(shared, &message.plan) {
        Ok(url) => url,
        Err(why) => return Outcome::Refused(why),
    };
    let Some(body) = body(shared, delivery).await else {
        return Outcome::Nothing("the job was dropped to make room before its callback was sent".to_owned());
    };
    let mut headers = Vec::new();
    if let Some(secret) = &shared.settings.callback_secret {
        // Receivers compare it with their own clock, so that it is the machine's and not the account's.
        let timestamp = shared.clock.now().seconds();
        headers.push(("webhook-signature", secret.signature(&message.id, timestamp, &body)));
        headers.push(("webhook-timestamp", timestamp.to_string()));
        headers.push(("webhook-id", message.id.clone()));
    }
    shared.sender.post(Letter { plan: &message.plan, url, body, headers }).await
}

/// What a poll would have answered when the announced phase began.
async fn body(shared: &Shared, delivery: &Delivery) -> Option<Bytes> {
    let message = &delivery.message;
    let held = shared.store.job(&message.key).await?;
    let mut job = Job::clone(&held);
    job.marks.truncate(message.passing.marks);
    let chosen = shared.chosen(&job)?;
    let contract = &chosen.vendor.contract;
    let exchange = Exchange {
        contract,
        options: &chosen.options,
        method: "POST",
        target: "",
        headers: &[],
        now: message.passing.at,
        entropy: job.entropy,
    };
    let seen = view(&job, contract.models.get(&job.model)?, message.passing.at, &message.plan.base);
    Some(match chosen.vendor.dialect.callback(&exchange, &seen).body {
        ReplyBody::Json(body) => body.to_string().into(),
        ReplyBody::Empty => Bytes::new(),
    })
}
