//! The identification of a caller: it names the account, and trusts nothing.

use std::sync::Arc;

use mockreel_contracts::problem::KeyFault;
use mockreel_contracts::{Credential, UnixMillis};

use super::request::CallContext;
use crate::account::ANONYMOUS;
use crate::transact::LoadedAccount;

/// A request whose account is named.
pub(super) struct Identified<'a> {
    /// The call.
    pub(super) context: CallContext<'a>,
    /// The credential as it was read, or what is wrong with its form.
    pub(super) credential: Result<Credential, KeyFault>,
    /// The account, loaded once for the whole call.
    pub(super) account: LoadedAccount<'a>,
}

/// Identifies the account before authenticating it: ids and faults are drawn per account, so a refused caller must not
/// shift another account's sequence.
pub(super) async fn identify(context: CallContext<'_>) -> Identified<'_> {
    let credential = read_credential(context);
    let head = &context.request.head;
    let name = credential
        .as_ref()
        .map_or_else(|_| Arc::from(ANONYMOUS), |credential| head.name_account(&credential.key));
    let account = context.app.load_account(&name).await;
    Identified { context, credential, account }
}

/// Reads the credential of a request in the vendor's scheme.
pub(super) fn read_credential(context: CallContext<'_>) -> Result<Credential, KeyFault> {
    let exchange = context.exchange(UnixMillis::default(), [0; 32]);
    context.served.vendor.dialect.identify(&exchange)
}
