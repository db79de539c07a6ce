//! The sender of webhooks: one request, only to a permitted receiver, without redirects, bounded in bytes and time.

use std::error::Error;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};
use url::Url;

use super::outbox::AttemptEnd;
use crate::edge::addresses::Addresses;
use crate::loopback::is_loopback;
use crate::served::ServedVendor;
use crate::state::webhook_plan::WebhookPlan;

/// How much of a receiver's answer is read, in bytes: enough for it to be finished in peace.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Two ways to send: to this machine, and to anywhere. Made when first needed.
#[derive(Debug, Default)]
pub(crate) struct Sender {
    loopback: OnceLock<Option<Client>>,
    anywhere: OnceLock<Option<Client>>,
}

/// A message as it goes over the wire.
pub(super) struct OutgoingWebhook<'a> {
    pub(super) plan: &'a WebhookPlan,
    pub(super) url: Url,
    pub(super) body: Bytes,
    /// Headers beside the content type.
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Sender {
    /// Sends a message, and waits for the answer as long as the plan says.
    pub(super) async fn send(&self, webhook: OutgoingWebhook<'_>) -> AttemptEnd {
        // A name that the system resolves could lead `localhost` elsewhere, so this machine has a client of its own.
        let client = if is_loopback(&webhook.url) {
            self.loopback
                .get_or_init(|| build_client(|builder| builder.dns_resolver(Arc::new(LoopbackNames))))
        } else {
            self.anywhere.get_or_init(|| build_client(|builder| builder))
        };
        let Some(client) = client else {
            return AttemptEnd::Unanswered("this machine's TLS settings cannot be read".to_owned());
        };
        let mut request = client
            .post(webhook.url)
            .header("content-type", "application/json")
            .timeout(webhook.plan.timeout)
            .body(webhook.body);
        for (name, value) in webhook.headers {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                read_some(answer).await;
                AttemptEnd::Answered(status)
            }
            Err(error) if error.is_timeout() => {
                AttemptEnd::Unanswered(format!("no answer within {} s", webhook.plan.timeout.as_secs_f64()))
            }
            Err(error) => AttemptEnd::Unanswered(innermost_cause(error)),
        }
    }
}

/// The addresses that webhooks may go to.
pub(super) struct ReceiverPolicy<'a> {
    /// The emulator's own, which are never called.
    pub(super) addresses: &'a Addresses,
    /// The emulated vendors, whose hosts are never called.
    pub(super) vendors: &'a [ServedVendor],
    /// Whether any other address may be called; otherwise only this machine's.
    pub(super) beyond_loopback: bool,
}

impl ReceiverPolicy<'_> {
    /// Permits the receiver of a plan to be called; otherwise says why not, and what to do.
    pub(super) fn permitted(&self, plan: &WebhookPlan) -> Result<Url, String> {
        let url = plan.receiver.clone()?;
        if self.addresses.own_path(&url, &plan.base, self.vendors).is_some() {
            return Err("the address is this emulator's own; give that of a receiver".to_owned());
        }
        let host = url.host_str().unwrap_or_default();
        // A host that holds a key is not repeated: the log shows the address without it.
        let shown = if plan.shown.contains(host) { host } else { "the host" };
        let emulates =
            |served: &ServedVendor| served.vendor.contract.hosts().iter().any(|known| known == host);
        if self.vendors.iter().any(emulates) {
            return Err(format!("{shown} is an emulated vendor; give the address of a receiver"));
        }
        if self.beyond_loopback {
            return Ok(url);
        }
        if !self.addresses.loopback_only() {
            return Err("nobody is called while the emulator listens beyond loopback, because strangers could choose whom; \
                        start with --allow-callbacks"
                .to_owned());
        }
        if is_loopback(&url) {
            Ok(url)
        } else {
            Err(format!(
                "{shown} is not this machine, and only 127.0.0.1, [::1] and localhost are called; start with --allow-callbacks"
            ))
        }
    }
}

fn build_client(changed: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Option<Client> {
    // An error means that a provider was installed before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().redirect(Policy::none()).no_proxy().user_agent("mockreel");
    changed(builder).build().ok()
}

/// Reads what the receiver says, within bounds, and does not mind if it breaks off: the status has been said.
async fn read_some(mut answer: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read > MAX_ANSWER_BYTES {
            return;
        }
    }
}

/// The innermost cause of an error, which is the one that says something; without the address, which may hold a secret.
fn innermost_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn Error = &error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    innermost.to_string()
}

/// A resolver that knows this machine only, whatever the system would say.
struct LoopbackNames;

impl Resolve for LoopbackNames {
    fn resolve(&self, name: Name) -> Resolving {
        let here = name.as_str().eq_ignore_ascii_case("localhost");
        Box::pin(async move {
            if !here {
                return Err("the name is not that of this machine".into());
            }
            let both =
                [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
            Ok(Box::new(both.into_iter()) as Addrs)
        })
    }
}
