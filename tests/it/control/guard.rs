//! The guard of the control API: keys, hosts and origins.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use mockreel_contracts::Phase;
use mockreel_emulator::{EmulatorBuilder, ImageBreach, Latency};
use reqwest::Method;
use serde_json::json;

use super::{admin, granted, refused, submitted};
use crate::support::{Caller, KEY, quiet};

#[tokio::test]
async fn a_foreign_host_or_origin_may_not_give_orders() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::without_key();
    let vendors = admin(&emulator, "vendors");
    let with = async |name: &str, value: &str| {
        caller.send(caller.request(Method::GET, &vendors).header(name, value)).await
    };
    let port = emulator.address().port();
    for host in ["evil.example", "api.aimlapi.com", "127.0.0.1.evil.example", "10.0.0.1"] {
        refused(&with("host", host).await, 403);
        refused(&with("host", &format!("{host}:{port}")).await, 403);
    }
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "LOCALHOST".to_owned()] {
        granted(&with("host", &host).await);
    }
    let foreign =
        ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:1", "file://", "nonsense"];
    let schemes = ["https", "chrome-extension", "moz-extension", "ftp", "ws", "file"];
    let schemes = schemes.map(|scheme| format!("{scheme}://127.0.0.1:{port}"));
    for origin in foreign.into_iter().chain(schemes.iter().map(String::as_str)) {
        refused(&with("origin", origin).await, 403);
        let health = caller.request(Method::GET, &admin(&emulator, "health")).header("origin", origin);
        refused(&caller.send(health).await, 403);
    }
    let own = format!("127.0.0.1:{port}");
    for origin in [
        format!("http://user@{own}"),
        format!("http://user:word@{own}"),
        format!("http://{own}/"),
        format!("http://{own}/path"),
        format!("http://{own}?query"),
        format!("http://{own}#fragment"),
        format!("http:{own}"),
        format!("http:\\\\{own}"),
        format!("http://{own} http://{own}"),
    ] {
        let detail = refused(&with("origin", &origin).await, 403);
        assert!(detail.contains("origin"), "{origin}: {detail}");
    }
    for origin in [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")] {
        granted(&with("origin", &origin).await);
    }
}

#[tokio::test]
async fn behind_tls_the_origin_is_that_of_the_public_url() {
    let emulator = quiet().public_url("https://stand-in.test").start().await.unwrap();
    let caller = Caller::without_key();
    let from = async |origin: &str| {
        let request = caller.request(Method::GET, &admin(&emulator, "vendors"));
        caller.send(request.header("host", "stand-in.test").header("origin", origin)).await
    };
    granted(&from("https://stand-in.test").await);
    for origin in ["https://stand-in.test:8443", "chrome-extension://stand-in.test", "https://127.0.0.1"] {
        refused(&from(origin).await, 403);
    }
}

#[tokio::test]
async fn health_is_told_to_every_probe_and_nothing_else_is() {
    let own = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let secret = Some("secret".to_owned());
    let emulator = quiet().port("gmicloud", own).admin(Some(own.into()), secret).start().await.unwrap();
    let caller = Caller::without_key();
    for address in [emulator.address(), emulator.ports()[0].1, emulator.admin_address()] {
        for host in ["10.42.0.5:4747", "evil.example", "api.aimlapi.com", "[fe80::1]", ""] {
            let url = format!("http://{address}/__admin/health");
            let answer = caller.send(caller.request(Method::GET, &url).header("host", host)).await;
            assert_eq!(granted(&answer), json!({"status": "ready"}), "{address} {host}");
            let answer = caller.send(caller.request(Method::HEAD, &url).header("host", host)).await;
            assert_eq!((answer.status, answer.bytes.len()), (200, 0), "{address} {host}");
            for path in ["vendors", "jobs", "openapi.json", "health/", "health/x", "Health", "%68ealth"] {
                let url = format!("http://{address}/__admin/{path}");
                let answer = caller.send(caller.request(Method::GET, &url).header("host", host)).await;
                assert!(matches!(answer.status, 403 | 404), "{address} {host} {path}: {}", answer.text());
            }
            let answer = caller.send(caller.request(Method::POST, &url).header("host", host)).await;
            assert!(matches!(answer.status, 403 | 404), "{address} {host}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn an_order_with_a_content_encoding_is_refused_clearly() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let request = caller.request(Method::POST, &admin(&emulator, "reset"));
    let request = request.header("content-type", "application/json").header("content-encoding", "gzip");
    let detail = refused(&caller.send(request.body("{}")).await, 415);
    assert!(detail.contains("content-encoding"), "{detail}");
    let request = caller.request(Method::POST, &admin(&emulator, "reset"));
    let request = request.header("content-type", "application/json").header("content-encoding", "identity");
    granted(&caller.send(request.body("{}")).await);
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_refused_before_the_type_of_its_body() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    for (method, path, status, allowed) in [
        (Method::POST, "health", 405, Some("GET, HEAD")),
        (Method::PUT, "jobs", 405, Some("GET, HEAD")),
        (Method::POST, "vendors", 405, Some("GET, HEAD")),
        (Method::PUT, "reset?account=*", 405, Some("POST")),
        (Method::POST, "clock", 405, Some("GET, PUT, HEAD")),
        (Method::POST, "nothing", 404, None),
        (Method::POST, "jobs/x/explode", 404, None),
    ] {
        let answer = caller.send(caller.request(method.clone(), &admin(&emulator, path))).await;
        refused(&answer, status);
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn writes_come_as_json_and_browsers_are_told_nothing() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::with_key(KEY);
    let reset = admin(&emulator, "reset");
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
    ] {
        let request = caller.request(Method::POST, &reset).header("content-type", kind).body("{}");
        refused(&caller.send(request).await, 415);
    }
    refused(&caller.send(caller.request(Method::POST, &reset)).await, 415);
    let kind = "Application/JSON; charset=utf-8";
    granted(&caller.send(caller.request(Method::POST, &reset).header("content-type", kind)).await);
    for method in [Method::OPTIONS, Method::GET, Method::POST] {
        let request = caller
            .request(method, &reset)
            .header("origin", emulator.base())
            .header("access-control-request-method", "POST");
        let answer = caller.send(request).await;
        let told: Vec<&str> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert!(!told.iter().any(|name| name.starts_with("access-control-")), "{told:?}");
    }
}

/// This machine's address beyond loopback, if it has one. Nothing is sent to find out.
fn beyond_loopback() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

fn everywhere() -> EmulatorBuilder {
    quiet().listen(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
}

#[tokio::test]
async fn beyond_loopback_the_token_is_wanted() {
    let Some(ip) = beyond_loopback() else { return };
    let emulator = everywhere().admin(None, Some("secret".to_owned())).start().await.unwrap();
    let vendors = format!("http://{ip}:{}/__admin/vendors", emulator.address().port());
    let caller = Caller::without_key();
    let with = async |token: &str| {
        caller.send(caller.request(Method::GET, &vendors).header("x-mockreel-token", token)).await
    };
    granted(&caller.get(&vendors.replace("vendors", "health")).await);
    let detail = refused(&caller.get(&vendors).await, 401);
    assert!(detail.contains("x-mockreel-token"), "{detail}");
    for wrong in ["", "secre", "secret2", "SECRET"] {
        refused(&with(wrong).await, 401);
    }
    granted(&with("secret").await);
    granted(&caller.get(&admin(&emulator, "vendors")).await);

    let without = everywhere().start().await.unwrap();
    let vendors = format!("http://{ip}:{}/__admin/vendors", without.address().port());
    granted(&caller.get(&vendors.replace("vendors", "health")).await);
    let detail = refused(&caller.get(&vendors).await, 403);
    assert!(detail.contains("--admin-token-env"), "{detail}");
}

#[tokio::test]
async fn a_control_api_of_its_own_address_is_the_only_one_and_serves_nothing_else() {
    let apart = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let emulator = quiet().admin(Some(apart.into()), None).port("gmicloud", apart).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    refused(&caller.get(&admin(&emulator, "vendors")).await, 404);
    let port = emulator.ports()[0].1;
    refused(&caller.get(&format!("http://{port}/__admin/vendors")).await, 404);
    let own = emulator.admin_address();
    granted(&caller.get(&format!("http://{own}/__admin/openapi.json")).await);
    refused(&caller.get(&format!("http://{own}/gmicloud/api/v1/ie/requestqueue/apikey/models")).await, 404);
    let told = granted(&caller.get(&format!("http://{own}/__admin/vendors")).await);
    for vendor in told["vendors"].as_array().unwrap() {
        let base = vendor["base_url"].as_str().unwrap();
        assert!(base.starts_with(&emulator.base()), "{base} is not where vendors are served");
    }
}

#[tokio::test]
async fn orders_in_prompts_are_followed_on_loopback_only_unless_allowed() {
    let prompt = "[mock:fail=moderation]";
    let ends = async |builder: EmulatorBuilder| {
        let emulator = builder.latency(Latency::INSTANT).start().await.unwrap();
        let id = submitted(&emulator, KEY, prompt).await;
        emulator.clock(KEY).advance_until_job(&id).await.unwrap();
        let notes = emulator.jobs(KEY).list().await[0].notes.join("; ");
        (emulator.jobs(KEY).phase(&id).await.unwrap(), notes)
    };
    assert_eq!(ends(quiet()).await, (Phase::Failed, String::new()));
    assert_eq!(ends(everywhere().directives_beyond_loopback()).await, (Phase::Failed, String::new()));
    for moment in [ImageBreach::Vendor, ImageBreach::Submit] {
        let (phase, notes) = ends(everywhere().image_breach(moment)).await;
        assert_eq!(phase, Phase::Succeeded, "{moment:?}");
        assert!(notes.contains("--allow-directives"), "{notes}");
    }
}
