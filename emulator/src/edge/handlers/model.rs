//! The handler of `model`.

use mockreel_contracts::contract::Model;
use mockreel_contracts::{Operation, Problem};

use super::revalidate::revalidate;
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
    let contract = context.contract();
    let any_case = contract.operations.get(&Operation::Model).is_some_and(|facts| facts.any_case);
    let mut models = contract.models.values();
    let fits = |model: &&Model| model.id == id || any_case && model.id.eq_ignore_ascii_case(&id);
    let Some(model) = models.find(fits) else {
        return Err(Problem::UnknownModel { received: id, in_path: true }.into());
    };
    let reply = context.served.vendor.dialect.model(&context.exchange(account.now(), [0; 32]), model);
    Ok(revalidate(checked, reply).into())
}
