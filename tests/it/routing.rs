//! Routing: which vendor answers a request, and which addresses its answers name.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use mockreel_contracts::contract::{Model, Options};
use mockreel_contracts::{Dialect, Exchange, JobView, Operation, Problem, Reply, ReplyBody, Vendor};
use mockreel_emulator::Emulator;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Answer, Caller, KEY, fixture, quiet};

const REQUESTS: &str = "/api/v1/ie/requestqueue/apikey/requests";

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A GET of a path at an address, under a `Host` of the caller's choice.
async fn get_as(caller: &Caller, address: SocketAddr, host: &str, path: &str) -> Answer {
    caller.send(caller.request(Method::GET, &format!("http://{address}{path}")).header("host", host)).await
}

/// Sends bytes and reads until the emulator closes or says no more.
async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// Submits to a base URL, lets the job end, and answers the last look as text.
async fn last_look(emulator: &Emulator, base: &str, host: &str) -> Answer {
    let caller = Caller::with_key(KEY);
    let body = json!({
        "model": "Kling-Image2Video-V1.6-Standard",
        "payload": {"image": fixture(emulator, "side-300.png")},
    });
    let submit = caller.request(Method::POST, &format!("{base}{REQUESTS}")).header("host", host);
    let accepted = caller.send(submit.json(&body)).await.json();
    let id = accepted["request_id"].as_str().unwrap_or_else(|| panic!("{accepted}"));
    emulator.jobs(KEY).succeed(id).await.unwrap();
    caller.send(caller.request(Method::GET, &format!("{base}{REQUESTS}/{id}")).header("host", host)).await
}

#[tokio::test]
async fn a_vendor_answers_by_prefix_by_host_and_on_its_own_port_at_once() {
    let emulator = quiet().port("gmicloud", ANY_PORT).port("302ai", ANY_PORT).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let models = "/api/v1/ie/requestqueue/apikey/models";
    let main = emulator.address();
    let own = emulator.ports()[0].1;
    assert_eq!(emulator.ports()[0].0, "gmicloud");
    let by_prefix = caller.get(&format!("{}{models}", emulator.url("gmicloud"))).await;
    let by_host = get_as(&caller, main, "console.gmicloud.ai", models).await;
    let by_port = caller.get(&format!("http://{own}{models}")).await;
    assert_eq!(by_prefix.status, 200, "{}", by_prefix.text());
    for answer in [&by_host, &by_port] {
        assert_eq!((answer.status, &answer.bytes), (200, &by_prefix.bytes));
    }
    for vendor in mockreel_contracts::vendors().unwrap().iter().filter(|vendor| vendor.newest) {
        for host in &vendor.contract.hosts {
            let path = "/no/such/path";
            let wanted = caller.get(&format!("{}{path}", emulator.url(vendor.id()))).await;
            for spelling in [host.clone(), host.to_uppercase(), format!("{host}:443")] {
                let answer = get_as(&caller, main, &spelling, path).await;
                assert_eq!(answer.status, wanted.status, "{spelling}");
                assert_eq!(answer.header("content-type"), wanted.header("content-type"), "{spelling}");
            }
        }
    }
    let elsewhere = get_as(&caller, own, "api.302.ai", models).await;
    assert_eq!(elsewhere.status, 200, "a vendor's own port answers for it whatever the Host");
    let wrong = caller.get(&format!("http://{}{models}", emulator.ports()[1].1)).await;
    assert_ne!(wrong.status, 200, "another vendor's port knows no such path");
}

#[tokio::test]
async fn a_request_in_absolute_form_as_to_a_proxy_finds_its_vendor() {
    let emulator = quiet().start().await.unwrap();
    let request = "GET http://console.gmicloud.ai/api/v1/ie/requestqueue/apikey/models HTTP/1.1\r\n\
        host: whatever.example\r\nauthorization: Bearer x\r\nconnection: close\r\n\r\n";
    let answer = raw(emulator.address(), request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("Kling-Image2Video-V1.6-Standard"), "{answer}");
}

#[tokio::test]
async fn a_path_that_is_no_vendors_says_which_there_are() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for path in
        ["", "/", "/acme/v1", "/aimlapi@1999-01-01/v2/video/generations", "/@2025-01/x", "//gmicloud/"]
    {
        let answer = caller.get(&format!("{}{path}", emulator.base())).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert!(answer.text().contains("/gmicloud/"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_prefix_alone_is_the_vendors_root_also_with_a_query() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for (rest, path) in [("", "/"), ("/", "/"), ("?a=1", "/?a=1"), ("/?a=1", "/?a=1")] {
        let answer = caller.get(&format!("{}{rest}", emulator.url("aimlapi"))).await;
        assert_eq!((answer.status, &answer.json()["path"]), (404, &json!(path)), "{rest}");
    }
}

#[tokio::test]
async fn older_editions_are_served_beside_the_newest() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let models = async |prefix: &str| {
        let answer = caller.get(&format!("{}/{prefix}/v1/models", emulator.base())).await;
        assert_eq!(answer.status, 200, "{prefix}: {}", answer.text());
        answer.json()["data"].as_array().unwrap().len()
    };
    for vendor in mockreel_contracts::vendors().unwrap().iter().filter(|vendor| vendor.id() == "aimlapi") {
        let contract = &vendor.contract;
        if contract.operations.contains_key(&Operation::Models) {
            assert_eq!(models(&contract.full_id()).await, contract.models.len(), "{}", contract.full_id());
        }
    }
    let newest = mockreel_contracts::vendor("aimlapi").unwrap().contract.models.len();
    assert_eq!(models("aimlapi").await, newest);
    assert_eq!(models("aimlapi%402099-01").await, newest, "the sign may be percent-encoded");
    let july = mockreel_contracts::vendor("aimlapi@2025-07").unwrap();
    assert_eq!(july.contract.edition, "2025-07-24");
    assert_eq!(models("aimlapi@2025-07").await, july.contract.models.len());
}

#[tokio::test]
async fn only_the_vendors_that_were_named_are_served() {
    let vendor = mockreel_contracts::vendor("gmicloud").unwrap();
    let emulator = quiet().vendor(vendor).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let served = caller.get(&format!("{}{REQUESTS}", emulator.url("gmicloud"))).await;
    assert_eq!(served.status, 200, "{}", served.text());
    let other = caller.get(&format!("{}/v1/models", emulator.url("aimlapi"))).await;
    assert_eq!(other.header("content-type"), Some("application/problem+json"));
    let by_host = get_as(&caller, emulator.address(), "api.aimlapi.com", "/v1/models").await;
    assert_eq!(by_host.header("content-type"), Some("application/problem+json"));
}

#[tokio::test]
async fn no_url_in_an_answer_ever_names_a_foreign_host() {
    let emulator = quiet().port("gmicloud", ANY_PORT).start().await.unwrap();
    let main = emulator.base();
    let port = emulator.address().port();
    for host in
        ["console.gmicloud.ai", "evil.example", "127.0.0.1.evil.example", "10.0.0.1", "evil.example:80"]
    {
        // By Host the vendor's paths have no prefix.
        let by_host = host == "console.gmicloud.ai";
        let base = if by_host { main.clone() } else { emulator.url("gmicloud") };
        let look = last_look(&emulator, &base, host).await;
        let video = look.json()["outcome"]["media_urls"][0]["url"].as_str().unwrap().to_owned();
        assert!(video.starts_with(&format!("{main}/__media/")), "{host}: {video}");
        assert!(!look.text().contains("evil"), "{host}: {}", look.text());
        let looked = look.json();
        let cover = looked["outcome"]["thumbnail_image_url"].as_str().unwrap();
        assert!(cover.starts_with(&format!("{main}/__media/")), "{host}: {cover}");
    }
    for host in [
        "127.0.0.1:80@evil.example",
        "localhost@evil.example",
        "localhost:80/evil.example",
        "localhost:80?evil.example",
        "[::1].evil.example",
        "a, b",
        "localhost:99999",
    ] {
        let url = format!("{}{REQUESTS}", emulator.url("gmicloud"));
        let caller = Caller::with_key(KEY);
        let answer = caller.send(caller.request(Method::GET, &url).header("host", host)).await;
        assert_eq!(answer.status, 400, "{host}: {}", answer.text());
    }
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), "localhost:8080".to_owned()] {
        let look = last_look(&emulator, &emulator.url("gmicloud"), &host).await.json();
        let video = look["outcome"]["media_urls"][0]["url"].as_str().unwrap();
        assert!(video.starts_with(&format!("http://{host}/__media/")), "{video}: a name of ours is kept");
    }
    let own = emulator.ports()[0].1;
    let look = last_look(&emulator, &format!("http://{own}"), "console.gmicloud.ai").await.json();
    let video = look["outcome"]["media_urls"][0]["url"].as_str().unwrap();
    assert!(video.starts_with(&format!("http://{own}/__media/")), "{video}");
    assert_eq!(Caller::without_key().get(video).await.status, 200);
}

#[tokio::test]
async fn a_public_url_is_what_every_answer_names() {
    for (given, shown) in [
        ("https://stand-in.test", "https://stand-in.test"),
        ("http://stand-in.test:8080/", "http://stand-in.test:8080"),
        ("http://stand-in.test/below/", "http://stand-in.test/below"),
    ] {
        let emulator = quiet().public_url(given).start().await.unwrap();
        for host in ["localhost", "stand-in.test", "evil.example"] {
            let look = last_look(&emulator, &emulator.url("gmicloud"), host).await.json();
            let video = look["outcome"]["media_urls"][0]["url"].as_str().unwrap();
            assert!(video.starts_with(&format!("{shown}/__media/")), "{video}");
        }
        let caller = Caller::with_key(KEY);
        let body = json!({
            "model": "Kling-Image2Video-V1.6-Standard",
            "payload": {"image": format!("{shown}/__fixtures/side-299-wide.png")},
        });
        let url = format!("{}{REQUESTS}", emulator.url("gmicloud"));
        let id = caller.post(&url, &body).await.json()["request_id"].as_str().unwrap().to_owned();
        emulator.clock(KEY).advance_until_job(&id).await.unwrap();
        let look = caller.get(&format!("{url}/{id}")).await.json();
        assert_eq!(look["status"], "failed", "a picture under {shown} is known to be ours: {look}");
    }
    for nonsense in
        ["stand-in.test", "http://", "ftp://stand-in.test", "http://stand-in.test/?a=1", "http://u:p@h"]
    {
        let refused = quiet().public_url(nonsense).start().await.err();
        let message = refused.unwrap_or_else(|| panic!("{nonsense} was taken")).to_string();
        assert!(message.contains(nonsense), "{message}");
    }
}

#[tokio::test]
async fn an_address_that_was_given_out_is_known_when_it_comes_back_through_a_mapped_port() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let url = format!("{}{REQUESTS}", emulator.url("gmicloud"));
    let host = "localhost:8080";
    let body = json!({
        "model": "Kling-Image2Video-V1.6-Standard",
        "payload": {"image": format!("http://{host}/__fixtures/side-299-wide.png")},
    });
    let request = caller.request(Method::POST, &url).header("host", host).json(&body);
    let id = caller.send(request).await.json()["request_id"].as_str().unwrap().to_owned();
    emulator.clock(KEY).advance_until_job(&id).await.unwrap();
    let look = caller.get(&format!("{url}/{id}")).await.json();
    assert_eq!(look["outcome"]["error"], "Image pixel is invalid", "{look}");
}

#[tokio::test]
async fn media_and_fixtures_are_served_on_every_host_and_port() {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let emulator = quiet().port("302ai", any).admin(Some(any.into()), None).start().await.unwrap();
    let look = last_look(&emulator, &emulator.url("gmicloud"), "localhost").await.json();
    let cover = look["outcome"]["thumbnail_image_url"].as_str().unwrap();
    let cover = cover.strip_prefix("http://localhost").unwrap().to_owned();
    let caller = Caller::without_key();
    for address in [emulator.address(), emulator.ports()[0].1, emulator.admin_address()] {
        for host in ["localhost", "api.aimlapi.com", "evil.example"] {
            for path in [cover.as_str(), "/__fixtures/side-300.png", "/__fixtures/images/side-300.png"] {
                let answer = get_as(&caller, address, host, path).await;
                assert_eq!(answer.status, 200, "{address} {host} {path}: {}", answer.text());
                assert!(answer.header("content-type").unwrap().starts_with("image/"));
            }
        }
    }
    for path in
        ["/__fixtures/none.png", "/__media/none/video.mp4", "/__media/none", "/__media/uploads/none.png"]
    {
        assert_eq!(caller.get(&format!("{}{path}", emulator.base())).await.status, 404, "{path}");
    }
    for path in ["/__fixtures/images/images/side-300.png", "/__fixtures/__fixtures/side-300.png"] {
        assert_eq!(caller.get(&format!("{}{path}", emulator.base())).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn two_emulators_in_one_process_share_nothing() {
    let (left, right) = (quiet().start().await.unwrap(), quiet().start().await.unwrap());
    let look = last_look(&left, &left.url("gmicloud"), "localhost").await.json();
    let id = look["request_id"].as_str().unwrap();
    assert_eq!(left.jobs(KEY).list().await.len(), 1);
    assert!(right.jobs(KEY).list().await.is_empty());
    let caller = Caller::with_key(KEY);
    assert_eq!(caller.get(&format!("{}{REQUESTS}/{id}", right.url("gmicloud"))).await.status, 404);
    let video = look["outcome"]["media_urls"][0]["url"].as_str().unwrap();
    let elsewhere = video.replace("http://localhost", &right.base());
    assert_eq!(caller.get(&elsewhere).await.status, 404);
    left.clock(KEY).advance(std::time::Duration::from_secs(9)).await.unwrap();
    assert_ne!(left.clock(KEY).now().await, right.clock(KEY).now().await);
    drop(left);
    assert_eq!(caller.get(&format!("{}{REQUESTS}", right.url("gmicloud"))).await.status, 200);
}

#[tokio::test]
async fn a_dropped_emulator_frees_its_port() {
    let emulator = quiet().start().await.unwrap();
    let address = emulator.address();
    let told = quiet().listen(address).start().await.expect_err("the port is taken").to_string();
    assert!(told.contains(&address.to_string()), "{told}");
    // A caller that stays connected must not hold the port.
    let _idle = TcpStream::connect(address).await.unwrap();
    drop(emulator);
    // The listener goes as soon as its task has a turn; how many turns that takes is the runtime's affair.
    let mut bound = TcpListener::bind(address).await;
    for _ in 0..1_000_000 {
        if bound.is_ok() {
            break;
        }
        tokio::task::yield_now().await;
        bound = TcpListener::bind(address).await;
    }
    bound.expect("the port is free again");
}

#[tokio::test]
async fn a_stopped_emulator_answers_what_it_had_begun_and_frees_its_port() {
    let emulator = quiet().start().await.unwrap();
    let address = emulator.address();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /__admin/health HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    emulator.stop().await;
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("{\"status\":\"ready\"}"), "{rest}");
    TcpListener::bind(address).await.expect("the port is free again");
}

/// A dialect that does as another does, but for one thing: it never says what a job costs or did.
struct Mute(Arc<dyn Dialect>);

impl Dialect for Mute {
    fn for_options(&self, options: &Options) -> Result<Arc<dyn Dialect>, String> {
        Ok(Arc::new(Self(self.0.for_options(options)?)))
    }

    fn job_id(&self, model: &Model, entropy: [u8; 32]) -> String {
        self.0.job_id(model, entropy)
    }

    fn submitted(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        self.0.submitted(exchange, job)
    }

    fn job(&self, exchange: &Exchange<'_>, job: &JobView<'_>) -> Reply {
        let mut reply = self.0.job(exchange, job);
        if let ReplyBody::Json(Value::Object(members)) = &mut reply.body {
            members.shift_remove("status");
        }
        reply
    }

    fn problem(&self, exchange: &Exchange<'_>, problem: &Problem) -> Reply {
        self.0.problem(exchange, problem)
    }
}

#[tokio::test]
async fn the_builder_takes_a_vendor_whose_dialect_was_wrapped() {
    let sound = mockreel_contracts::vendor("gmicloud").unwrap();
    let dialect: Arc<dyn Dialect> = Arc::new(Mute(Arc::clone(&sound.dialect)));
    let broken = Vendor { dialect: dialect.into(), ..sound };
    let emulator = quiet().vendor(broken).start().await.unwrap();
    let look = last_look(&emulator, &emulator.url("gmicloud"), "localhost").await;
    assert_eq!(look.status, 200);
    assert!(!look.members().contains(&"status".to_owned()), "{}", look.text());
    assert!(look.members().contains(&"outcome".to_owned()), "{}", look.text());
}
