//! The view of a job that a dialect writes: where it stands, with addresses that lead back here.

use mockreel_contracts::dialect::{FailureView, ResultView};
use mockreel_contracts::{JobView, Model, Phase, UnixMillis};

use super::job::{Ending, Job};
use crate::account;

/// Makes the view of a job at a time of its account; `base` is the start of every address.
pub(crate) fn view_job<'a>(job: &'a Job, model: &'a Model, now: UnixMillis, base: &str) -> JobView<'a> {
    let standing = job.standing(now);
    let failure = match standing.ending {
        Some(Ending::Failure(failure)) => {
            Some(FailureView { reason: failure.reason, detail: failure.detail.as_deref() })
        }
        Some(Ending::Success | Ending::Cancellation) | None => None,
    };
    let result = (standing.phase == Phase::Succeeded).then(|| ResultView {
        video_url: format!("{base}{}", job.clip.video_path()),
        cover_url: format!("{base}{}", job.clip.cover_path()),
        width: job.clip.width,
        height: job.clip.height,
        duration_ms: job.clip.duration_ms(),
    });
    JobView {
        id: &job.key.id,
        model,
        phase: standing.phase,
        submitted_at: job.submitted_at,
        started_at: standing.started_at,
        ended_at: standing.ended_at,
        echo: &job.echo,
        result,
        failure,
        price: job.price,
        account: account::bytes(&job.key.account),
        tenant: job.tenant.as_deref(),
        entropy: job.entropy,
    }
}
