//! Uploads: a place for a file, and the file at its address.

use serde_json::json;

use super::result::download::fetch;
use crate::case::Case;
use crate::clause::{Cost, Level, Stage};
use crate::profile::{Ask, Credential, Profile, put};
use crate::session::wording::describe;
use crate::session::{CaseEnd, CaseError, Session};
use mockreel_contracts::Operation;
use mockreel_evidence::exchange::Body;

/// The cases of this area.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "UPL-01",
        "an uploaded file can be read at its address",
        Level::Should,
        Cost::Free,
        Stage::Free,
        check_upload,
    )
    .on(|profile| profile.operation_clause(Operation::Upload))
    .unless(why_no_uploads),
    Case::new(
        "UPL-02",
        "a type of file that is not taken is refused",
        Level::Should,
        Cost::Free,
        Stage::Free,
        |session| {
            let answer = session.send(&ask_for_place(session, "exe")?)?;
            session.note("status", answer.status);
            if !session.profile.refuses(&answer) {
                return Err(CaseError::Failed(format!("expected a 4xx; found {}", describe(&answer))));
            }
            Ok(())
        },
    )
    .on(|profile| {
        let uploads = profile.contract().uploads.as_ref()?;
        let types: Vec<&str> = uploads.types.keys().map(String::as_str).collect();
        profile.cited("uploads.types", &types.join(", "), &uploads.source)
    })
    .unless(why_no_uploads)
    .by_refusal(),
];

fn why_no_uploads(profile: &Profile) -> Option<String> {
    profile.contract().uploads.is_none().then(|| "the vendor takes no uploads".to_owned())
}

/// The request for a place, for a file with an extension.
pub(super) fn ask_for_place(session: &Session<'_>, extension: &str) -> Result<Ask, CaseError> {
    let profile = session.profile;
    let uploads = profile.contract().uploads.as_ref();
    let (Some(ask), Some(uploads)) = (profile.ask(Operation::Upload, &[]), uploads) else {
        return Err(CaseError::NotApplicable("the vendor takes no uploads".to_owned()));
    };
    let mut body = json!({});
    put(&mut body, &uploads.extension_at, json!(extension));
    Ok(ask.with(Body::Json(body)))
}

fn check_upload(session: &mut Session<'_>) -> CaseEnd {
    let answer = session.send(&ask_for_place(session, "jpg")?)?;
    let seen = session.profile.observe(Operation::Upload, &answer);
    let (Some(to), Some(from)) = (seen.upload_url, seen.public_url) else {
        return Err(CaseError::Failed(format!("expected two addresses; found {}", describe(&answer))));
    };
    let bytes = session.image().bytes.clone();
    let body = Body::Raw { content_type: Some("image/jpeg".to_owned()), bytes: bytes.clone() };
    let put = session.send(&Ask::get(&to).by("PUT").from(Credential::Nobody).with(body))?;
    if !(200..300).contains(&put.status) {
        return Err(CaseError::Failed(format!("expected the file to be taken; found {}", describe(&put))));
    }
    let read = fetch(session, &from, None)?;
    if read.status != 200 {
        return Err(CaseError::Failed(format!("expected the file at its address; found {}", read.status)));
    }
    session.note("bytes", read.body.len());
    if read.body.len() != bytes.len() {
        return Err(CaseError::Failed(format!("expected {} bytes; found {}", bytes.len(), read.body.len())));
    }
    Ok(())
}
