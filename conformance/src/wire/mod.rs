//! The real wire: one request is one connection and is sent once.
//!
//! Nothing is tried again, no redirect is followed, no cookie is kept and no body is unpacked, so that a case
//! sees what the vendor sent and a `POST` is never paid for twice. Connections are not kept open either: one
//! that the other end has closed in the meantime would turn a paid request into one of unknown outcome.

mod errors;

use std::fmt;
use std::io::Read;
use std::time::Duration;

use reqwest::blocking::multipart;
use reqwest::blocking::{Client, ClientBuilder, Request, Response};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Proxy, Url};

use crate::clock::RunClock;
use mockreel_evidence::exchange::{Answer, Body, Outgoing, Part, PartContent, Wire, WireError};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest body that is read of an answer, in bytes; the same bound as the stand-in's.
const BODY_LIMIT_BYTES: u64 = 64 * 1024 * 1024;

/// What the suite calls itself.
const USER_AGENT: &str = concat!("mockreel/", env!("CARGO_PKG_VERSION"));

/// How to go out.
#[derive(Clone)]
pub struct HttpSettings {
    /// How long one exchange may take, from connecting to the last byte of the answer.
    pub timeout: Duration,
    /// The proxy for all requests, as a URL. Without one none is used, whatever the environment says.
    pub proxy: Option<String>,
    /// Whether connections stay open between requests. Only where nothing costs: a request on one that the other
    /// end has closed in the meantime may be sent twice.
    pub keeps_open: bool,
}

impl HttpSettings {
    /// A minute for each exchange, no proxy, and a connection for each request.
    pub fn usual() -> Self {
        Self { timeout: Duration::from_secs(60), proxy: None, keeps_open: false }
    }
}

/// Why no request can be sent at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpSetupError {
    /// The proxy's address cannot be used; it is not repeated, for it may hold a password.
    #[error("expected the proxy as a URL such as http://127.0.0.1:3128, found something else; correct it")]
    Proxy,
    /// The client could not be built.
    #[error("the HTTP client could not be set up: {why}")]
    Client {
        /// What it said.
        why: String,
    },
}

/// The network.
pub struct HttpWire {
    client: Client,
    clock: RunClock,
    timeout: Duration,
    body_limit_bytes: u64,
}

impl fmt::Debug for HttpWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWire").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl HttpWire {
    /// A wire to the network that tells the time by the clock of the run. Opens no connection yet.
    ///
    /// # Errors
    ///
    /// If the proxy is no URL, or the client cannot be set up.
    pub fn new(settings: &HttpSettings, clock: RunClock) -> Result<Self, HttpSetupError> {
        // Fails only if somebody installed a provider before, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let build = |trust: Trust| client(settings, trust)?.build().map_err(|error| cannot_set_up(&error));
        // The client refuses to exist on a machine without root certificates, such as a bare container, though
        // the stand-in needs none. There it trusts nobody, and https says so when it is asked for.
        let client = build(Trust::System).or_else(|_| build(Trust::Nobody))?;
        Ok(Self { client, clock, timeout: settings.timeout, body_limit_bytes: BODY_LIMIT_BYTES })
    }

    fn build(&self, request: &Outgoing) -> Result<Request, String> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| format!("`{}` is no HTTP method", request.method))?;
        // Neither the address nor a value is repeated: both may hold a key.
        let url: Url = request.url.parse().map_err(|error| format!("its address is no URL ({error})"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err("its address begins neither with http:// nor with https://".to_owned());
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let known = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| format!("`{name}` is no name of a header"))?;
            headers.append(known, header_value(name, value)?);
        }
        let (content_type, bytes) = body(&request.body)?;
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, header_value("content-type", &content_type)?);
        }
        // The time-out is given with the request because it then covers the answer's body as a whole;
        // the client's own would start anew with every piece that is read.
        let mut builder = self.client.request(method, url).timeout(self.timeout).headers(headers);
        if let Some(bytes) = bytes {
            builder = builder.body(bytes);
        }
        builder.build().map_err(|error| errors::deepest(&error.without_url()))
    }

    fn read(&self, mut response: Response, host: &str) -> Result<Answer, WireError> {
        let too_large = || WireError::Lost {
            why: format!("{host} sent a body of more than {} bytes; no more is read", self.body_limit_bytes),
        };
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        if response.content_length().is_some_and(|length| length > self.body_limit_bytes) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        response
            .by_ref()
            .take(self.body_limit_bytes + 1)
            .read_to_end(&mut body)
            .map_err(|error| errors::while_reading(&error, host, self.timeout))?;
        if body.len() as u64 > self.body_limit_bytes {
            return Err(too_large());
        }
        Ok(Answer { status, headers, body })
    }
}

impl Wire for HttpWire {
    fn send(&mut self, _case: &str, request: &Outgoing) -> Result<Answer, WireError> {
        let sendable = self.build(request).map_err(|why| WireError::Unreachable {
            why: format!("the request cannot be sent: {why}; nothing was sent"),
        })?;
        let host = errors::host(sendable.url());
        let secure = sendable.url().scheme() == "https";
        let response = self
            .client
            .execute(sendable)
            .map_err(|error| errors::while_sending(&error, &host, secure, self.timeout))?;
        self.read(response, &host)
    }

    fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    fn wait_ms(&mut self, millis: u64) {
        self.clock.wait_ms(millis);
    }
}

/// Whose certificates are good.
#[derive(Clone, Copy)]
enum Trust {
    /// Those that the machine trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    System,
    /// Nobody's.
    Nobody,
}

fn client(settings: &HttpSettings, trust: Trust) -> Result<ClientBuilder, HttpSetupError> {
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        // The pool tries a request again if a connection that it kept turns out to be closed; a client
        // without a pool has nothing to try again.
        .pool_max_idle_per_host(if settings.keeps_open { 4 } else { 0 })
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(settings.timeout);
    let builder = match &settings.proxy {
        None => builder,
        Some(address) => builder.proxy(Proxy::all(address).map_err(|_| HttpSetupError::Proxy)?),
    };
    Ok(match trust {
        Trust::System => builder,
        Trust::Nobody => builder.tls_certs_only([]),
    })
}

fn cannot_set_up(error: &reqwest::Error) -> HttpSetupError {
    HttpSetupError::Client { why: errors::deepest(error) }
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(value)
        .map_err(|_| format!("the header `{name}` holds a character that none may hold"))
}

/// The content type and the bytes of a body.
fn body(body: &Body) -> Result<(Option<String>, Option<Vec<u8>>), String> {
    Ok(match body {
        Body::None => (None, None),
        Body::Json(value) => {
            let bytes = serde_json::to_vec(value).expect("a JSON value has only text for keys");
            (Some("application/json".to_owned()), Some(bytes))
        }
        Body::Raw { content_type, bytes } => (content_type.clone(), Some(bytes.clone())),
        Body::Form(parts) => {
            let form = form(parts)?;
            let content_type = format!("multipart/form-data; boundary={}", form.boundary());
            // Written out whole, because an answer that comes before a streamed form has ended gets lost.
            let mut bytes = Vec::new();
            let boundary = form.boundary().to_owned();
            form.into_reader().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
            if parts.is_empty() {
                // A form without parts still ends (RFC 2046, 5.1.1); nothing at all would be a broken body.
                bytes = format!("--{boundary}--\r\n").into_bytes();
            }
            (Some(content_type), Some(bytes))
        }
    })
}

fn form(parts: &[Part]) -> Result<multipart::Form, String> {
    let mut form = multipart::Form::new().percent_encode_noop();
    for Part { name, content } in parts {
        let part = match content {
            PartContent::Text(text) => multipart::Part::text(text.clone()),
            PartContent::File { file_name, content_type, bytes } => multipart::Part::bytes(bytes.clone())
                .file_name(file_name.clone())
                .mime_str(content_type)
                .map_err(|_| format!("`{content_type}` of the part `{name}` is no content type"))?,
        };
        form = form.part(part_name(name), part);
    }
    Ok(form)
}

/// A part's name as browsers write it (WHATWG HTML, "multipart/form-data encoding algorithm"): the three
/// characters that would end it are percent-encoded, all others stay.
fn part_name(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

#[cfg(test)]
mod tests;
