//! The checks that a request passes on its way in, in the order that the contract states.

use std::sync::Arc;

use mockreel_contracts::contract::check::normalise::normalised;
use mockreel_contracts::contract::check::roles::{Asked, asked};
use mockreel_contracts::contract::check::route::Matched;
use mockreel_contracts::contract::check::rules::{Rule, Violation};
use mockreel_contracts::contract::model::Lifecycle;
use mockreel_contracts::contract::model::operation::Check;
use mockreel_contracts::problem::{KeyFault, Malformation, Place};
use mockreel_contracts::{Credential, FailureReason, Model, Problem, UnixMillis};
use serde_json::Value;

use super::body::{self, Parsed, Received};
use super::vendor::Call;
use super::{breach, images};
use crate::account;

/// What the checks found out on the way.
pub(super) struct Checked<'a> {
    pub(super) account: Arc<str>,
    pub(super) credential: Option<Credential>,
    pub(super) parsed: Parsed,
    pub(super) model: Option<&'a Model>,
    pub(super) asked: Option<Asked>,
    pub(super) echo: Value,
    pub(super) looked: images::Looked,
    pub(super) breach: Option<crate::job::Failure>,
}

impl Call<'_> {
    /// Runs the operation's checks, in the contract's order; the query is checked last.
    pub(super) async fn check<'m>(
        &'m self,
        matched: &Matched<'m>,
        parsed: Option<Result<Parsed, Problem>>,
        account: &Arc<str>,
    ) -> Result<Checked<'m>, Problem> {
        let mut parsed = parsed;
        let mut checked = Checked {
            account: Arc::clone(account),
            credential: None,
            parsed: Parsed::default(),
            model: None,
            asked: None,
            echo: Value::Null,
            looked: images::Looked::default(),
            breach: None,
        };
        for check in &matched.operation.checks {
            match check {
                Check::Credential => checked.credential = Some(self.credential(account).await?),
                Check::Body => checked.parsed = parsed.take().transpose()?.unwrap_or_default(),
                Check::Model => checked.model = Some(self.chosen_model(matched, &checked.parsed.json)?),
                Check::Members => self.members(matched, &mut checked)?,
                Check::Images => self.images(&mut checked).await?,
            }
        }
        let query = self.query();
        let violations = matched.operation.query_violations(&query);
        if !violations.is_empty() {
            return Err(Problem::Invalid { place: Place::Query, violations });
        }
        Ok(checked)
    }

    async fn credential(&self, account: &Arc<str>) -> Result<Credential, Problem> {
        let exchange = self.exchange(UnixMillis::default(), [0; 32]);
        let credential = self.chosen.vendor.dialect.identify(&exchange).map_err(Problem::Unauthorized)?;
        let now = self.shared.account_now(account).await;
        let genuine = self.contract().auth.scheme.authenticate(&credential, now);
        genuine.map_err(Problem::Unauthorized)?;
        match account::reserved(&credential.key) {
            Some(fault @ (KeyFault::Unknown | KeyFault::Disabled)) => Err(Problem::Unauthorized(fault)),
            Some(KeyFault::Missing | KeyFault::WrongScheme) | None => {
                self.shared.keys.admitted(&self.contract().id, credential)
            }
        }
    }

    /// The body of an operation that takes one, read as what it claims to be.
    pub(super) async fn parsed(&self, matched: &Matched<'_>, received: Received) -> Result<Parsed, Problem> {
        let bytes = match received {
            Received::Whole(bytes) => bytes,
            Received::TooLarge => {
                return Err(Problem::TooLarge { limit_bytes: self.limit_bytes });
            }
            Received::Broken => {
                return Err(Problem::Malformed(Malformation::Json("the body broke off".to_owned())));
            }
        };
        body::parse(bytes, self.header("content-type"), &matched.operation.media_types)
            .await
            .map_err(Problem::Malformed)
    }

    /// The model that the path fixes or the body names.
    fn chosen_model<'m>(&'m self, matched: &Matched<'_>, body: &Value) -> Result<&'m Model, Problem> {
        let contract = self.contract();
        let id = match (&matched.route.model, &matched.operation.model_at) {
            (Some(id), _) => id.as_str(),
            (None, Some(pointer)) => match body.pointer(pointer) {
                Some(Value::String(id)) => id.as_str(),
                other => {
                    let options: Vec<Value> = contract.models.keys().map(|id| id.as_str().into()).collect();
                    let rule = match other {
                        None => Rule::Required { options },
                        Some(_) => Rule::Type { expected: vec!["string".to_owned()], options },
                    };
                    let violation = Violation::new(pointer.clone(), rule, other.unwrap_or(&Value::Null));
                    return Err(Problem::Invalid { place: Place::Body, violations: vec![violation] });
                }
            },
            (None, None) => "",
        };
        let Some(model) = contract.models.get(id) else {
            return Err(Problem::UnknownModel {
                received: Violation::new(String::new(), Rule::Url, &id.into()).received_text(),
            });
        };
        match model.lifecycle {
            Lifecycle::Active | Lifecycle::Deprecated => Ok(model),
            Lifecycle::Retired => Err(Problem::RetiredModel { model: model.id.clone() }),
        }
    }

    fn members(&self, matched: &Matched<'_>, checked: &mut Checked<'_>) -> Result<(), Problem> {
        let schema = checked.model.map_or(matched.operation.request.as_ref(), |model| Some(&model.request));
        let image = |name: &str| {
            schema.and_then(|schema| schema.get("properties")?.get(name)?.get("x-image")).is_some()
        };
        checked.parsed.settle(image).map_err(Problem::Malformed)?;
        let body = std::mem::take(&mut checked.parsed.json);
        let echo = matched.operation.echo.as_ref().and_then(|pointer| body.pointer(pointer)).cloned();
        checked.echo = echo.unwrap_or_default();
        let violations = match checked.model {
            Some(model) => {
                let body = normalised(&model.request, body);
                let violations = self.contract().request_checker(model).violations(&body);
                checked.asked = Some(asked(model, &body));
                checked.parsed.json = body;
                violations
            }
            None => {
                let violations = matched.operation.request_violations(&body);
                checked.parsed.json = body;
                violations
            }
        };
        if violations.is_empty() { Ok(()) } else { Err(Problem::Invalid { place: Place::Body, violations }) }
    }

    async fn images(&self, checked: &mut Checked<'_>) -> Result<(), Problem> {
        let (Some(model), Some(asked)) = (checked.model, &checked.asked) else { return Ok(()) };
        let slots = mockreel_contracts::contract::check::image::slots(&model.request, &checked.parsed.json);
        checked.looked = images::look(self.shared, &self.base, &slots, &checked.parsed.files).await;
        let judged = breach::judge(
            self.contract(),
            self.shared.settings.image_breach,
            model,
            asked,
            &slots,
            &checked.looked,
            self.ordered.decree.job.as_ref().and_then(|order| order.reason)
                == Some(FailureReason::Moderation),
        );
        match judged {
            breach::Judged::Sound => Ok(()),
            breach::Judged::Fails(failure) => {
                checked.breach = Some(failure);
                Ok(())
            }
            breach::Judged::Refused(violations) => Err(Problem::Invalid { place: Place::Body, violations }),
        }
    }
}
