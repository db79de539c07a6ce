//! The handler of `model`.

use mockreel_contracts::Problem;

use super::{Answered, HandlerRefusal};
use crate::edge::call::check::Checked;
use crate::transact::LoadedAccount;

/// Describes the model that the path names.
pub(super) fn handle_model(
    checked: &Checked<'_>,
    account: &LoadedAccount<'_>,
) -> Result<Answered, HandlerRefusal> {
    let context = checked.context;
    let id = checked.matched.segments.first().map(|(_, value)| value.clone()).unwrap_or_default();
    let model = context.contract().models.get(&id).ok_or(Problem::UnknownModel { received: id })?;
    Ok(context.served.vendor.dialect.model(&context.exchange(account.now(), [0; 32]), model).into())
}
