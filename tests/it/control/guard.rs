//! The guard of the control API: keys, hosts and origins.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use mockreel_contracts::Phase;
use mockreel_emulator::{EmulatorBuilder, ImageBreach, Latency};
use reqwest::Method;

use super::{admin, granted, refused, submitted};
use crate::support::{Caller, KEY, quiet};

#[tokio::test]
async fn a_foreign_host_or_origin_may_not_give_orders() {
    let emulator = quiet().start().await.unwrap();
    let caller = Caller::without_key();
    let health = admin(&emulator, "health");
    let with = async |name: &str, value: &str| {
        caller.send(caller.request(Method::GET, &health).header(name, value)).await
    };
    let port = emulator.address().port();
    for host in
        ["evil.example", "api.aimlapi.com", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "10.0.0.1"]
    {
        refused(&with("host", host).await, 403);
        refused(&with("host", &format!("{host}:{port}")).await, 403);
    }
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "LOCALHOST".to_owned()] {
        granted(&with("host", &host).await);
    }
    let foreign =
        ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:1", "file://", "nonsense"];
    for origin in foreign {
        refused(&with("origin", origin).await, 403);
    }
    for origin in [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")] {
        granted(&with("origin", &origin).await);
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
    let health = format!("http://{ip}:{}/__admin/health", emulator.address().port());
    let caller = Caller::without_key();
    let with = async |token: &str| {
        caller.send(caller.request(Method::GET, &health).header("x-mockreel-token", token)).await
    };
    let detail = refused(&caller.get(&health).await, 401);
    assert!(detail.contains("x-mockreel-token"), "{detail}");
    for wrong in ["", "secre", "secret2", "SECRET"] {
        refused(&with(wrong).await, 401);
    }
    granted(&with("secret").await);
    granted(&caller.get(&admin(&emulator, "health")).await);

    let without = everywhere().start().await.unwrap();
    let health = format!("http://{ip}:{}/__admin/health", without.address().port());
    let detail = refused(&caller.get(&health).await, 403);
    assert!(detail.contains("--admin-token-env"), "{detail}");
}

#[tokio::test]
async fn a_control_api_of_its_own_address_is_the_only_one_and_serves_nothing_else() {
    let apart = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let emulator = quiet().admin(Some(apart.into()), None).port("gmicloud", apart).start().await.unwrap();
    let caller = Caller::with_key(KEY);
    refused(&caller.get(&admin(&emulator, "health")).await, 404);
    let port = emulator.ports()[0].1;
    refused(&caller.get(&format!("http://{port}/__admin/health")).await, 404);
    let own = emulator.admin_address();
    granted(&caller.get(&format!("http://{own}/__admin/health")).await);
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
