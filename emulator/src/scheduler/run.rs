//! The scheduler's task: it follows up changed jobs and sends out what is due.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::schedule::DueItem;
use super::transitions::next_change;
use crate::app::App;
use crate::state::change::Change;
use crate::state::job::JobKey;
use crate::store::JobFilter;
use crate::timeouts::LONGEST_SLEEP_MS;
use crate::webhook::deliver::deliver_due;

/// Runs what is due, until told to stop.
pub(crate) async fn run_scheduler(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut couriers = JoinSet::new();
    loop {
        run_due(&app, &mut couriers).await;
        tokio::select! {
            () = app.scheduler.wakeup.notified() => {}
            () = sleep_until_due(&app) => {}
            Some(_) = couriers.join_next(), if !couriers.is_empty() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Sleeps until something may be due by the system clock.
async fn sleep_until_due(app: &App) {
    let Some(due) = app.scheduler.with(|state| state.agenda.next_tick()) else {
        return std::future::pending().await;
    };
    let left = due.since(app.clock.now()).min(LONGEST_SLEEP_MS);
    tokio::time::sleep(Duration::from_millis(left)).await;
}

/// Follows up every changed job, and sends out couriers with what is due.
async fn run_due(app: &Arc<App>, couriers: &mut JoinSet<()>) {
    loop {
        let system = app.clock.now();
        let (changed_jobs, mut moved) = app.scheduler.with(|state| {
            state.moved.extend(state.agenda.ticked(system));
            (std::mem::take(&mut state.changed_jobs), std::mem::take(&mut state.moved))
        });
        if changed_jobs.is_empty() && moved.is_empty() {
            return;
        }
        // In one order, so that the same commands make the same calls.
        for key in changed_jobs.into_iter().collect::<BTreeSet<_>>() {
            follow_up(app, &key).await;
            moved.insert(key.account);
        }
        for account in moved.into_iter().collect::<BTreeSet<_>>() {
            let clock = app.store.account(&account).await.clock;
            while let Some(effect) = app.scheduler.with(|state| state.agenda.due(&account, clock.now(system)))
            {
                match effect {
                    DueItem::Change(key) => follow_up(app, &key).await,
                    DueItem::Send(delivery) => {
                        if let Some(courier) = app.scheduler.with(|state| state.outbox.enqueue(*delivery)) {
                            couriers.spawn(deliver_due(Arc::clone(app), Arc::clone(&account), courier));
                        }
                    }
                }
            }
            app.scheduler.with(|state| state.agenda.set_clock(&account, clock));
        }
    }
}

/// Follows up a job: makes messages of what has changed, and plans the next change.
async fn follow_up(app: &App, key: &JobKey) {
    let Some(number) = app.scheduler.with(|state| state.followed.get(key).map(|follower| follower.number))
    else {
        return;
    };
    // The job first: no mark of it can then be later than the time.
    let job = app.store.job(key).await;
    let now = app.account_now(&key.account).await;
    app.scheduler.with(|state| {
        let Some(follower) = state.followed.get_mut(key).filter(|follower| follower.number == number) else {
            return;
        };
        let Some(job) = job else { return state.unfollow(key) };
        if let Some(ticket) = follower.ticket.take() {
            state.agenda.cancel(&key.account, ticket);
        }
        let due = follower.messages.as_mut().map(|messages| messages.advance(&job, app.settings.seed, now));
        for message in due.into_iter().flatten() {
            let due = message.due;
            if let Some(delivery) = state.outbox.take_on(message) {
                state.agenda.enter(&key.account, due, DueItem::Send(Box::new(delivery)));
            }
        }
        if job.standing(now).phase.is_terminal() {
            state.unfollow(key);
        } else if let Some(next) = next_change(&job, now) {
            follower.ticket = Some(state.agenda.enter(&key.account, next, DueItem::Change(key.clone())));
        }
    });
}

/// Forgets everything, or what concerns one account; called when the store has.
pub(crate) async fn forget_account(app: &App, account: Option<&str>) {
    app.scheduler.with(|state| state.forget(account));
    // A job that was accepted between the two is a new one, and was forgotten with the old ones.
    let filter = JobFilter { account: account.map(Arc::from), vendor: None };
    for job in app.store.jobs(&filter).await {
        app.scheduler.note_changes(&job.key.account, &[Change::JobAdded(Arc::clone(&job))]);
    }
}
