//! The operation that a request asks for, and the effects of scenarios on it.

use std::sync::Arc;

use mockreel_contracts::contract::check::route::Matched;
use mockreel_contracts::{Model, Problem};
use serde_json::Value;

use super::body::{self, Parsed};
use super::notes::Notes;
use super::request::CallContext;
use crate::journal::FormPart;
use crate::scenario::Effects;
use crate::state::job::Job;

/// A request whose operation is known and whose body is read.
pub(super) struct Routed<'a> {
    /// The call.
    pub(super) context: CallContext<'a>,
    /// The operation.
    pub(super) matched: Matched<'a>,
    /// The body, if the operation takes one.
    pub(super) body: Option<Result<Parsed, Problem>>,
    /// The id of the job that the request names.
    pub(super) job_id: Option<String>,
    /// The account's job of that id.
    pub(super) job: Option<Arc<Job>>,
}

/// A request whose effects are known.
pub(super) struct Resolved<'a> {
    /// The request.
    pub(super) routed: Routed<'a>,
    /// The effects.
    pub(super) effects: Effects,
    /// What a developer should know.
    pub(super) notes: Notes<'a>,
}

impl<'a> Resolved<'a> {
    /// The same request to the vendor with the options that an effect gives it.
    pub(super) fn varied<'v>(self, context: CallContext<'v>, matched: Matched<'v>) -> Resolved<'v>
    where
        'a: 'v,
    {
        Resolved { routed: Routed { context, matched, ..self.routed }, ..self }
    }
}

impl<'a> Routed<'a> {
    /// Reads the body of the operation, and loads the job that the request names.
    pub(super) async fn read(context: CallContext<'a>, matched: Matched<'a>, account: &Arc<str>) -> Self {
        let media_types = &matched.operation.media_types;
        let body = if media_types.is_empty() {
            None
        } else {
            Some(body::parse_received(context, media_types).await)
        };
        let job_id = context.job_id(&matched);
        let job = match &job_id {
            Some(id) => context.app.store.job(&context.job_key(account, id)).await,
            None => None,
        };
        Self { context, matched, body, job_id, job }
    }

    /// Takes what stood in a form out of the body, for the journal.
    pub(super) fn take_parts(&mut self) -> Vec<FormPart> {
        match &mut self.body {
            Some(Ok(parsed)) => std::mem::take(&mut parsed.parts),
            Some(Err(_)) | None => Vec::new(),
        }
    }

    /// Notes which parts of a form are not read as their client may think.
    pub(super) fn note_parts(&self, model: Option<&Model>) -> Vec<String> {
        let schema = model.map_or(self.matched.operation.request.as_ref(), |model| Some(&model.request));
        match &self.body {
            Some(Ok(parsed)) => parsed.note_parts(schema),
            Some(Err(_)) | None => Vec::new(),
        }
    }

    /// The body as JSON; `null` if there is none that can be read.
    pub(super) fn json(&self) -> &Value {
        match &self.body {
            Some(Ok(parsed)) => &parsed.json,
            Some(Err(_)) | None => &Value::Null,
        }
    }
}
