//! The chain of patches from a vendor's newest edition to an older one, read from the heads of the files.

use serde::Deserialize;

use crate::contract::ContractError;
use crate::contract::model::Contract;
use crate::contract::model::edition::{Edition, merge, syntax, table};

/// The head of an edition: what can be said of it without reading its contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionHead {
    /// The vendor's id.
    pub id: String,
    /// The day that it took effect.
    pub edition: String,
    /// The hosts under which the vendor serves it.
    pub hosts: Vec<String>,
}

impl EditionHead {
    /// The head of a contract.
    pub(crate) fn of(contract: &Contract) -> Self {
        let (id, edition) = (contract.id.clone(), contract.edition.clone());
        Self { id, edition, hosts: contract.hosts.clone() }
    }
}

/// The members before the first table of a file.
#[derive(Deserialize)]
struct FileHead {
    id: Option<String>,
    edition: Option<String>,
    hosts: Option<Vec<String>>,
    #[serde(rename = "x-base")]
    base: Option<String>,
}

/// Reads the head of a file, and no more than that.
fn read_head(edition: Edition) -> Result<(String, FileHead), ContractError> {
    let end = edition.text.find("\n[").map_or(edition.text.len(), |at| at + 1);
    let head: FileHead =
        toml::from_str(&edition.text[..end]).map_err(|error| syntax(edition.file, &error))?;
    let missing = || ContractError::Incoherent {
        file: edition.file.to_owned(),
        what: "`edition` is missing".to_owned(),
    };
    Ok((head.edition.clone().ok_or_else(missing)?, head))
}

/// Reads the heads of a vendor's editions, newest first. Hosts that a patch does not state are those of the edition it patches.
///
/// # Errors
///
/// The first file whose head cannot be read.
pub fn read_heads(base: Edition, patches: &[Edition]) -> Result<Vec<EditionHead>, ContractError> {
    let chains = Chains::read(base, patches)?;
    let id = chains.newest.1.id.clone().unwrap_or_default();
    let mut heads = Vec::new();
    for day in chains.days() {
        let stated = chains.of(day)?.into_iter().find_map(|(_, head)| head.hosts.clone());
        let hosts = stated.or_else(|| chains.newest.1.hosts.clone()).unwrap_or_default();
        heads.push(EditionHead { id: id.clone(), edition: day.to_owned(), hosts });
    }
    Ok(heads)
}

/// The files of a vendor, and which of them patches which.
pub(super) struct Chains {
    base: Edition,
    newest: (String, FileHead),
    patches: Vec<(Edition, String, FileHead)>,
}

impl Chains {
    /// Reads the heads of all files.
    pub(super) fn read(base: Edition, patches: &[Edition]) -> Result<Self, ContractError> {
        let newest = read_head(base)?;
        let mut read = Vec::new();
        for patch in patches {
            let (day, head) = read_head(*patch)?;
            read.push((*patch, day, head));
        }
        Ok(Self { base, newest, patches: read })
    }

    /// The editions, newest first.
    pub(super) fn days(&self) -> Vec<&str> {
        let mut days: Vec<&str> = self.patches.iter().map(|(_, day, _)| day.as_str()).collect();
        days.push(&self.newest.0);
        days.sort_unstable_by(|left, right| right.cmp(left));
        days
    }

    /// The patches that lead to an edition from the newest, the last one first.
    fn of(&self, day: &str) -> Result<Vec<(Edition, &FileHead)>, ContractError> {
        let mut chain: Vec<(Edition, &FileHead)> = Vec::new();
        let mut wanted = day;
        while wanted != self.newest.0 {
            let patch = self.patches.iter().find(|(_, stated, _)| stated == wanted);
            let Some((file, _, head)) = patch.filter(|_| chain.len() < self.patches.len()) else {
                let file = chain.last().map_or(self.base.file, |(file, _)| file.file);
                return Err(ContractError::Incoherent {
                    file: file.to_owned(),
                    what: "`x-base` names an edition that no file states".to_owned(),
                });
            };
            chain.push((*file, head));
            wanted = head.base.as_deref().unwrap_or(&self.newest.0);
        }
        Ok(chain)
    }

    /// The merged table of an edition.
    pub(super) fn table(&self, day: &str) -> Result<toml::Table, ContractError> {
        let mut merged = table(self.base)?;
        for (file, _) in self.of(day)?.into_iter().rev() {
            let mut patch = table(file)?;
            patch.remove("x-base");
            merge(&mut merged, patch);
        }
        Ok(merged)
    }
}
