//! A mutant: a stand-in with one thing broken, and the cases that ought to notice.

use std::sync::Arc;

use mockreel_contracts::dialect::{BalanceView, UploadView};
use mockreel_contracts::problem::KeyFault;
use mockreel_contracts::{
    Credential, Dialect, Exchange, JobView, Model, Options, Problem, Reply, ReplyBody, Vendor,
};
use mockreel_evidence::exchange::{Answer, Outgoing};
use serde_json::Value;

/// A stand-in with one thing broken.
pub(super) struct Mutant {
    /// Never used twice.
    pub(super) name: &'static str,
    /// What it does wrong, as a short sentence without a full stop.
    pub(super) what: &'static str,
    /// Whose stand-in it is: a vendor's selector.
    pub(super) surface: &'static str,
    /// How it is broken.
    pub(super) breaks: Breaks,
    /// The cases that must notice. Others may.
    pub(super) caught_by: &'static [&'static str],
}

/// How a mutant is broken. The suite always checks against the true contract.
pub(super) enum Breaks {
    /// The contract that is served is patched. Only the newest edition of a vendor can be.
    Contract(&'static str),
    /// An option of the vendor is chosen.
    Option(&'static str, &'static str),
    /// The dialect is shown another job than there is.
    Sight(fn(&Exchange<'_>, &mut JobView<'_>)),
    /// The dialect's words are changed.
    Words(fn(&Exchange<'_>, Said<'_>, &mut Reply)),
    /// Requests are changed on their way in.
    Asks(fn(&mut Outgoing)),
    /// Answers are changed on their way out; the number is the mutant's own memory, 0 at first.
    Answers(fn(&mut u32, &Outgoing, &mut Answer)),
}

impl Breaks {
    /// Where it is broken, as the page says it.
    pub(super) fn place(&self) -> &'static str {
        match self {
            Self::Contract(_) => "contract",
            Self::Option(..) => "option",
            Self::Sight(_) | Self::Words(_) => "dialect",
            Self::Asks(_) | Self::Answers(_) => "edge",
        }
    }
}

/// What an answer of a dialect is about.
#[derive(Clone, Copy)]
pub(super) enum Said<'a> {
    Submitted,
    Job(&'a JobView<'a>),
    List,
    Models,
    Model,
    Upload,
    Problem(&'a Problem),
}

/// The vendor as it is served with something broken in it, and the option that is chosen for it.
pub(super) fn served(vendor: &Vendor, breaks: &Breaks) -> (Vendor, Option<(&'static str, &'static str)>) {
    match breaks {
        Breaks::Contract(patch) => {
            assert!(vendor.newest, "only the newest edition can be patched");
            let text = format!("id = \"{}\"\n{patch}", vendor.id());
            let patched = mockreel_contracts::vendor::overlaid("mutant.toml", &text);
            (patched.unwrap_or_else(|error| panic!("{error}\n{text}")), None)
        }
        Breaks::Option(name, value) => (vendor.clone(), Some((name, value))),
        Breaks::Sight(_) | Breaks::Words(_) => {
            let inner = Arc::clone(&vendor.dialect);
            let (sight, words) = match breaks {
                Breaks::Sight(sight) => (Some(*sight), None),
                Breaks::Words(words) => (None, Some(*words)),
                _ => (None, None),
            };
            let dialect: Arc<dyn Dialect> = Arc::new(Wrapped { inner, sight, words });
            (Vendor { dialect: dialect.into(), ..vendor.clone() }, None)
        }
        Breaks::Asks(_) | Breaks::Answers(_) => (vendor.clone(), None),
    }
}

/// A dialect that sees or says something else than the true one.
struct Wrapped {
    inner: Arc<dyn Dialect>,
    sight: Option<fn(&Exchange<'_>, &mut JobView<'_>)>,
    words: Option<fn(&Exchange<'_>, Said<'_>, &mut Reply)>,
}

impl Wrapped {
    fn seen<'a>(&self, exchange: &Exchange<'_>, job: &JobView<'a>) -> JobView<'a> {
        let mut job = job.clone();
        if let Some(sight) = self.sight {
            sight(exchange, &mut job);
        }
        job
    }

    fn spoken(&self, exchange: &Exchange<'_>, said: Said<'_>, mut reply: Reply) -> Reply {
        if let Some(words) = self.words {
            words(exchange, said, &mut reply);
        }
        reply
    }
}

impl Dialect for Wrapped {
    fn for_options(&self, options: &Options) -> Result<Arc<dyn Dialect>, String> {
        Ok(Arc::new(Self { inner: self.inner.for_options(options)?, ..*self }))
    }

    fn identify(&self, exchange: &Exchange<'_>) -> Result<Credential, KeyFault> {
        self.inner.identify(exchange)
    }

    fn finishes_at_submit(&self) -> bool {
        self.inner.finishes_at_submit()
    }

    fn job_id(&self, model: &Model, entropy: [u8; 32]) -> String {
        self.inner.job_id(model, entropy)
    }

    fn submitted(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        self.spoken(exchange, Said::Submitted, self.inner.submitted(exchange, job))
    }

    fn job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        let job = self.seen(exchange, job);
        self.spoken(exchange, Said::Job(&job), self.inner.job(exchange, &job))
    }

    fn problem(&self, exchange: &Exchange<'_>, problem: &Problem) -> Reply {
        self.spoken(exchange, Said::Problem(problem), self.inner.problem(exchange, problem))
    }

    fn list(&self, exchange: &Exchange<'_>, jobs: &[JobView<'_>]) -> Reply {
        let jobs: Vec<JobView<'_>> = jobs.iter().map(|job| self.seen(exchange, job)).collect();
        self.spoken(exchange, Said::List, self.inner.list(exchange, &jobs))
    }

    fn models(&self, exchange: &Exchange<'_>) -> Reply {
        self.spoken(exchange, Said::Models, self.inner.models(exchange))
    }

    fn model(&self, exchange: &Exchange<'_>, model: &Model) -> Reply {
        self.spoken(exchange, Said::Model, self.inner.model(exchange, model))
    }

    fn upload(&self, exchange: &Exchange<'_>, upload: &UploadView) -> Reply {
        self.spoken(exchange, Said::Upload, self.inner.upload(exchange, upload))
    }

    fn balance(&self, exchange: &Exchange<'_>, balance: &BalanceView) -> Reply {
        self.inner.balance(exchange, balance)
    }

    fn cancelled(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        let job = self.seen(exchange, job);
        self.inner.cancelled(exchange, &job)
    }
}

/// The JSON of a reply.
pub(super) fn body(reply: &mut Reply) -> &mut Value {
    match &mut reply.body {
        ReplyBody::Json(body) => body,
        ReplyBody::Empty => panic!("the reply has no body"),
    }
}
