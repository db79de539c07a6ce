//! Downloads: what is at an address that a vendor names, asked for without a key, through redirects, and in parts.

use mockreel_evidence::exchange::Answer;
use url::Url;

use crate::outcome::Evidence;
use crate::profile::{Ask, Credential};
use crate::session::{CaseError, Session};

/// Bytes of a file that are asked for at once: as many as a recording keeps.
pub(super) const PART_BYTES: u64 = 65_536;

/// The most redirects that are followed; browsers follow 20, networks that deliver files need one or two.
const MAX_REDIRECTS: usize = 5;

/// The most parts of one file that are asked for: its index is read whole, its samples are not.
const MAX_PARTS: u32 = 24;

/// Statuses by which an address leads to another (RFC 9110, 15.4).
const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// Whether a text is an address that can be asked.
pub(super) fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// What is at an address, without a key: no other host is ever handed one. Redirects are followed a few times.
pub(in crate::cases) fn fetch(
    session: &mut Session<'_>,
    url: &str,
    range: Option<&str>,
) -> Result<Answer, CaseError> {
    let mut url = url.to_owned();
    for _ in 0..=MAX_REDIRECTS {
        let answer = fetch_once(session, &url, range)?;
        if !REDIRECTS.contains(&answer.status) {
            return Ok(answer);
        }
        url = follow_redirect(session, &url, &answer)?;
    }
    Err(CaseError::Failed(format!(
        "expected an address that can be fetched; found more than {MAX_REDIRECTS} redirects, the last to {url}"
    )))
}

fn fetch_once(session: &mut Session<'_>, url: &str, range: Option<&str>) -> Result<Answer, CaseError> {
    if !is_address(url) {
        return Err(CaseError::Failed(format!("expected an absolute address of a file; found {url}")));
    }
    let mut ask = Ask::get(url).from(Credential::Nobody);
    ask.headers.extend(range.map(|range| ("range".to_owned(), format!("bytes={range}"))));
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    let is_elsewhere = origin(url) != origin(&session.target.base);
    session.send(&ask).map_err(|stop| match stop {
        // The target is there: it has named a place where nobody answers.
        CaseError::Unreachable(why) if is_elsewhere && session.target.evidence != Evidence::Cassette => {
            CaseError::Failed(format!("expected an address that can be fetched; found {url}: {why}"))
        }
        other => other,
    })
}

/// Where a redirect leads.
fn follow_redirect(session: &Session<'_>, url: &str, answer: &Answer) -> Result<String, CaseError> {
    let failed = |why: &str| {
        let line =
            format!("expected an address that can be fetched; found {} at {url}, {why}", answer.status);
        CaseError::Failed(line)
    };
    let location = answer.header("location").ok_or_else(|| failed("without a Location"))?;
    let next = Url::parse(url).ok().and_then(|url| url.join(location).ok());
    let next = next.filter(|next| is_address(next.as_str()));
    let next = next.ok_or_else(|| failed("whose Location is no address"))?;
    let is_open = |text: &str| text.starts_with("http://");
    if !session.target.loopback && is_open(next.as_str()) {
        return Err(failed(if is_open(url) {
            "which is not https"
        } else {
            "which leads from https to http"
        }));
    }
    if !session.target.loopback && crate::target::is_loopback(&next) {
        return Err(failed("which leads to this machine"));
    }
    Ok(next.into())
}

/// A file at an address, of which parts are read.
pub(super) struct RemoteFile {
    url: String,
    /// Its length in bytes, if the server says it.
    pub(super) length: Option<u64>,
    /// Whether parts can be asked for.
    has_ranges: bool,
    /// What has come of it: where each part begins, and its bytes.
    parts: Vec<(u64, Vec<u8>)>,
    asked: u32,
}

impl RemoteFile {
    /// Asks for the start of a file; also the answer to that.
    pub(super) fn open(session: &mut Session<'_>, url: &str) -> Result<(Self, Answer), CaseError> {
        let answer = fetch(session, url, Some(&format!("0-{}", PART_BYTES - 1)))?;
        let file = Self {
            url: url.to_owned(),
            length: length_of(&answer),
            has_ranges: answer.status == 206,
            parts: vec![(0, answer.body.clone())],
            asked: 1,
        };
        Ok((file, answer))
    }

    /// The bytes at the start of the file that have come.
    pub(super) fn start(&self) -> &[u8] {
        self.parts.first().map_or(&[], |(_, bytes)| bytes)
    }

    /// So many bytes at a place; `None` if they cannot be had.
    pub(super) fn read_bytes(
        &mut self,
        session: &mut Session<'_>,
        at: u64,
        count: u64,
    ) -> Result<Option<Vec<u8>>, CaseError> {
        let mut bytes = Vec::new();
        let mut place = at;
        let end = at.saturating_add(count);
        while place < end {
            if let Some(held) = self.find_part(place, end) {
                bytes.extend_from_slice(held);
                place = at + bytes.len() as u64;
                continue;
            }
            if !self.has_ranges || self.asked >= MAX_PARTS {
                return Ok(None);
            }
            let last = self.length.unwrap_or(u64::MAX).min(place + PART_BYTES) - 1;
            self.asked += 1;
            let answer = fetch(session, &self.url.clone(), Some(&format!("{place}-{last}")))?;
            match answer.status {
                206 if !answer.body.is_empty() => self.parts.push((place, answer.body)),
                // A server may send the whole in place of a part.
                200 => {
                    self.has_ranges = false;
                    self.parts.push((0, answer.body));
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(bytes))
    }

    /// What has come of the bytes between two places, from the first on.
    fn find_part(&self, from: u64, to: u64) -> Option<&[u8]> {
        self.parts.iter().find_map(|(start, bytes)| {
            let begin = usize::try_from(from.checked_sub(*start)?).ok()?;
            let end = usize::try_from(to.checked_sub(*start)?).unwrap_or(usize::MAX).min(bytes.len());
            bytes.get(begin..end).filter(|held| !held.is_empty())
        })
    }
}

/// The length of the whole file, as the answer with its start says it.
fn length_of(answer: &Answer) -> Option<u64> {
    match answer.status {
        206 => answer.header("content-range")?.rsplit('/').next()?.trim().parse().ok(),
        200 => {
            let said = answer.header("content-length").and_then(|text| text.trim().parse().ok());
            Some(said.unwrap_or(answer.body.len() as u64))
        }
        _ => None,
    }
}
