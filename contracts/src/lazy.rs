//! A contract and its dialect, read when they are first asked for: a start with every edition of every vendor reads none.
//!
//! What routing needs of every edition (its vendor's id, its name, its hosts) is read from the heads of the files.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::contract::model::chain::EditionHead;
use crate::contract::{Contract, ContractError};
use crate::dialect::Dialect;

/// A contract and the dialect that speaks it.
pub(crate) struct Spoken {
    pub(crate) contract: Arc<Contract>,
    pub(crate) dialect: Arc<dyn Dialect>,
}

type Reader = Box<dyn Fn() -> Result<Spoken, ContractError> + Send + Sync>;

/// An edition, and how its contract is read.
struct EditionSource {
    head: EditionHead,
    read: Reader,
    spoken: OnceLock<Spoken>,
}

impl EditionSource {
    fn read_once(&self) -> &Spoken {
        self.spoken.get_or_init(|| {
            (self.read)().expect("every embedded contract can be read, which a test makes sure of")
        })
    }
}

/// The contract of an edition. Whoever looks into it has it read; the id, the edition and the hosts are known before.
pub struct LazyContract(Arc<EditionSource>);

/// The dialect of an edition, made with its contract, or given.
#[derive(Clone)]
pub struct LazyDialect(Origin);

#[derive(Clone)]
enum Origin {
    Source(Arc<EditionSource>),
    Given(Arc<dyn Dialect>),
}

/// An edition that is read later.
pub(crate) fn read_later(
    head: EditionHead,
    read: impl Fn() -> Result<Spoken, ContractError> + Send + Sync + 'static,
) -> (LazyContract, LazyDialect) {
    let source = Arc::new(EditionSource { head, read: Box::new(read), spoken: OnceLock::new() });
    (LazyContract(Arc::clone(&source)), LazyDialect(Origin::Source(source)))
}

/// An edition that has been read.
pub(crate) fn keep_read(spoken: Spoken) -> (LazyContract, LazyDialect) {
    let head = EditionHead::of(&spoken.contract);
    let read = || unreachable!("it has been read");
    let source = Arc::new(EditionSource { head, read: Box::new(read), spoken: OnceLock::from(spoken) });
    (LazyContract(Arc::clone(&source)), LazyDialect(Origin::Source(source)))
}

impl LazyContract {
    /// The vendor's id.
    pub fn id(&self) -> &str {
        &self.0.head.id
    }

    /// The day that the edition took effect, as [`Contract::edition`].
    pub fn edition(&self) -> &str {
        &self.0.head.edition
    }

    /// The hosts under which the vendor serves, as [`Contract::hosts`].
    pub fn hosts(&self) -> &[String] {
        &self.0.head.hosts
    }

    /// `id@edition`.
    pub fn full_id(&self) -> String {
        format!("{}@{}", self.id(), self.edition())
    }

    /// Whether it has been read.
    pub(crate) fn is_read(&self) -> bool {
        self.0.spoken.get().is_some()
    }

    pub(crate) fn edition_head(&self) -> &EditionHead {
        &self.0.head
    }

    pub(crate) fn share_source(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

// `contract.clone()` stays the clone of the pointer to the contract.
impl Deref for LazyContract {
    type Target = Arc<Contract>;

    fn deref(&self) -> &Arc<Contract> {
        &self.0.read_once().contract
    }
}

impl Deref for LazyDialect {
    type Target = Arc<dyn Dialect>;

    fn deref(&self) -> &Arc<dyn Dialect> {
        match &self.0 {
            Origin::Source(source) => &source.read_once().dialect,
            Origin::Given(dialect) => dialect,
        }
    }
}

impl From<Arc<dyn Dialect>> for LazyDialect {
    fn from(dialect: Arc<dyn Dialect>) -> Self {
        Self(Origin::Given(dialect))
    }
}

impl fmt::Debug for LazyContract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LazyContract").field(&self.full_id()).finish()
    }
}
