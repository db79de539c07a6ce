//! The task that sees to what is due.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Effect, passings};
use crate::callback::carry;
use crate::job::JobKey;
use crate::shared::Shared;

/// The longest sleep, in milliseconds: a machine that was itself asleep is noticed after so long.
const LONGEST_SLEEP: u64 = 60_000;

/// Sees to what is due, until told to stop.
pub(crate) async fn run(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut couriers = JoinSet::new();
    loop {
        see_to_it(&shared, &mut couriers).await;
        tokio::select! {
            () = shared.schedule.bell.notified() => {}
            () = next_tick(&shared) => {}
            Some(_) = couriers.join_next(), if !couriers.is_empty() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Sleeps until something may be due by the system clock.
async fn next_tick(shared: &Shared) {
    let Some(due) = shared.schedule.with(|state| state.agenda.next_tick()) else {
        return std::future::pending().await;
    };
    let left = due.since(shared.clock.now()).min(LONGEST_SLEEP);
    tokio::time::sleep(Duration::from_millis(left)).await;
}

/// Looks at whatever has changed, and sends out couriers with what is due.
async fn see_to_it(shared: &Arc<Shared>, couriers: &mut JoinSet<()>) {
    loop {
        let system = shared.clock.now();
        let (stirred, mut moved) = shared.schedule.with(|state| {
            state.moved.extend(state.agenda.ticked(system));
            (std::mem::take(&mut state.stirred), std::mem::take(&mut state.moved))
        });
        if stirred.is_empty() && moved.is_empty() {
            return;
        }
        // In one order, so that the same orders make the same calls.
        for key in stirred.into_iter().collect::<BTreeSet<_>>() {
            look(shared, &key).await;
            moved.insert(key.account);
        }
        for account in moved.into_iter().collect::<BTreeSet<_>>() {
            let clock = shared.store.account(&account).await.clock;
            while let Some(effect) =
                shared.schedule.with(|state| state.agenda.due(&account, clock.now(system)))
            {
                match effect {
                    Effect::Look(key) => look(shared, &key).await,
                    Effect::Send(delivery) => {
                        if let Some(courier) = shared.schedule.with(|state| state.outbox.enqueue(*delivery)) {
                            couriers.spawn(carry(Arc::clone(shared), Arc::clone(&account), courier));
                        }
                    }
                }
            }
            shared.schedule.with(|state| state.agenda.set_clock(&account, clock));
        }
    }
}

/// Looks where a followed job stands: makes messages of what has changed, and plans the next look.
async fn look(shared: &Shared, key: &JobKey) {
    let Some(number) = shared.schedule.with(|state| state.followed.get(key).map(|held| held.number)) else {
        return;
    };
    // The job first: no mark of it can then be later than the time.
    let job = shared.store.job(key).await;
    let now = shared.account_now(&key.account).await;
    shared.schedule.with(|state| {
        let Some(follower) = state.followed.get_mut(key).filter(|held| held.number == number) else { return };
        let Some(job) = job else { return state.leave(key) };
        if let Some(ticket) = follower.ticket.take() {
            state.agenda.cancel(&key.account, ticket);
        }
        let told = follower.tale.as_mut().map(|tale| tale.go_on(&job, shared.settings.seed, now));
        for message in told.into_iter().flatten() {
            let due = message.due;
            if let Some(delivery) = state.outbox.take(message) {
                state.agenda.enter(&key.account, due, Effect::Send(Box::new(delivery)));
            }
        }
        if job.standing(now).phase.is_terminal() {
            state.leave(key);
        } else if let Some(next) = passings::next_change(&job, now) {
            follower.ticket = Some(state.agenda.enter(&key.account, next, Effect::Look(key.clone())));
        }
    });
}
