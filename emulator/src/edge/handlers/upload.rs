//! The handler of `upload`: it gives out an address for a file.

use std::sync::Arc;

use mockreel_contracts::dialect::UploadView;
use mockreel_contracts::{Problem, ids};
use serde_json::Value;

use super::{Answered, HandlerRefusal};
use crate::edge::call::check::Checked;
use crate::edge::call::own_limit::OwnLimit;
use crate::media::uploads::Upload;
use crate::random::Purpose;
use crate::transact::{LoadedAccount, NotCommitted};

/// Gives out an upload address.
pub(super) async fn handle_upload(
    checked: &Checked<'_>,
    account: &mut LoadedAccount<'_>,
) -> Result<Answered, HandlerRefusal> {
    let context = checked.context;
    let (app, contract) = (context.app, context.contract());
    let Some(facts) = &contract.uploads else {
        return Err(Problem::UnknownRoute { allowed: Vec::new() }.into());
    };
    let extension = checked.body.pointer(&facts.extension_at).and_then(Value::as_str).unwrap_or_default();
    let media_type =
        facts.types.get(extension).cloned().unwrap_or_else(|| "application/octet-stream".to_owned());
    let vendor: Arc<str> = Arc::from(contract.id.as_str());
    let number = account.count_upload(&vendor).await.map_err(|why| {
        let NotCommitted::Store(why) = why;
        context.request.meet_limit(OwnLimit::Store(why));
        Problem::Overloaded
    })?;
    let entropy = app.settings.seed.draw(&account.name, &vendor, number, Purpose::Upload).bytes();
    let name = format!("{}.{extension}", ids::uuid(ids::first_half(&entropy)));
    let now = account.now();
    let open_until = now.after((facts.minutes * 60_000.0) as u64);
    let upload = Upload { account: Arc::clone(&account.name), open_until, media_type, file: None };
    app.uploads.open(name.clone(), upload);
    let url = format!("{}/__media/uploads/{name}", context.base);
    let view = UploadView { upload_url: url.clone(), public_url: url };
    Ok(context.served.vendor.dialect.upload(&context.exchange(now, entropy), &view).into())
}
