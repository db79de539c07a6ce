//! The delivery of due webhooks: a courier for each account, one message after the other.

use std::sync::Arc;

use bytes::Bytes;
use mockreel_contracts::{Exchange, ReplyBody};
use url::Url;

use super::outbox::{AttemptEnd, Delivery};
use super::send::{OutgoingWebhook, ReceiverPolicy};
use crate::app::App;
use crate::state::job::Job;
use crate::state::view::view_job;
use crate::state::webhook_plan::WebhookPlan;

/// Delivers everything that is due of an account, until nothing is.
pub(crate) async fn deliver_due(app: Arc<App>, account: Arc<str>, courier: u64) {
    let scheduler = &app.scheduler;
    while let Some(delivery) = scheduler.with(|state| state.outbox.next(&account, courier)) {
        let Ok(_turn) = scheduler.sending.acquire().await else { return };
        if !scheduler.with(|state| state.outbox.is_pending(&delivery)) {
            continue;
        }
        let at = app.account_now(&account).await;
        let end = attempt_delivery(&app, &delivery).await;
        scheduler.settle_attempt(&account, delivery, at, end);
    }
}

async fn attempt_delivery(app: &App, delivery: &Delivery) -> AttemptEnd {
    let message = &delivery.message;
    let url = match permitted_receiver(app, &message.plan) {
        Ok(url) => url,
        Err(why) => return AttemptEnd::Refused(why),
    };
    let Some(body) = body_of(app, delivery).await else {
        return AttemptEnd::Nothing(
            "the job was dropped to make room before its callback was sent".to_owned(),
        );
    };
    let mut headers = Vec::new();
    if let Some(secret) = &app.settings.webhook_secret {
        // Receivers compare it with their own clock, so that it is the machine's and not the account's.
        let timestamp = app.clock.now().seconds();
        headers.push(("webhook-signature", secret.signature(&message.id, timestamp, &body)));
        headers.push(("webhook-timestamp", timestamp.to_string()));
        headers.push(("webhook-id", message.id.clone()));
    }
    app.sender.send(OutgoingWebhook { plan: &message.plan, url, body, headers }).await
}

/// Permits the receiver of a plan to be called, by the emulator's settings.
pub(super) fn permitted_receiver(app: &App, plan: &WebhookPlan) -> Result<Url, String> {
    let policy = ReceiverPolicy {
        addresses: &app.addresses(),
        vendors: &app.settings.vendors,
        beyond_loopback: app.settings.webhooks_beyond_loopback,
    };
    policy.permitted(plan)
}

/// Writes what a poll would have answered when the announced phase began.
async fn body_of(app: &App, delivery: &Delivery) -> Option<Bytes> {
    let message = &delivery.message;
    let mut job = Job::clone(&*app.store.job(&message.key).await?);
    job.marks.truncate(message.change.marks);
    let served = app.served_vendor(&job)?;
    let contract = &served.vendor.contract;
    let exchange = Exchange {
        contract,
        options: &served.options,
        method: "POST",
        target: "",
        headers: &[],
        now: message.change.at,
        entropy: job.entropy,
    };
    let view = view_job(&job, contract.models.get(&job.model)?, message.change.at, &message.plan.base);
    Some(match served.vendor.dialect.callback(&exchange, &view).body {
        ReplyBody::Json(body) => body.to_string().into(),
        ReplyBody::Empty => Bytes::new(),
    })
}
