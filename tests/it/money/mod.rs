//! Limits, money and keys: what an account may spend, what it may do at once, and who it is.

mod balance;
mod control;
mod keys;
mod limits;
mod routes;
mod settings;

use mockreel_emulator::{Emulator, EmulatorBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, Caller, KEY};

/// Something that can be bought: where, with which body, and for how much in the vendor's unit.
#[derive(Clone, Debug)]
struct Good {
    path: &'static str,
    body: Value,
    price: f64,
}

/// An image that is not fetched, and so is good.
const IMAGE: &str = "https://example.com/picture.jpg";

/// Two things that a vendor sells, at different prices.
fn goods(vendor: &str) -> [Good; 2] {
    match vendor {
        "gmicloud" => {
            let good = |model: &str, price| Good {
                path: "/api/v1/ie/requestqueue/apikey/requests",
                body: json!({"model": model, "payload": {"image": IMAGE}}),
                price,
            };
            [good("Kling-Image2Video-V1.6-Pro", 0.098), good("Kling-Image2Video-V2.1-Master", 0.28)]
        }
        "302ai" => {
            let body = json!({"prompt": "a cat", "input_image": IMAGE});
            [
                Good { path: "/klingai/m2v_15_img2video", body: body.clone(), price: 0.3 },
                Good { path: "/klingai/m2v_img2video_hq", body, price: 0.5 },
            ]
        }
        _ => {
            let good = |model: &str, price| Good {
                path: "/v2/generate/video/kling/generation",
                body: json!({"model": model, "prompt": "a cat", "duration": "5"}),
                price,
            };
            [
                good("kling-video/v1/standard/text-to-video", 315_000.0),
                good("kling-video/v1/pro/text-to-video", 1_312_500.0),
            ]
        }
    }
}

/// A caller of one vendor.
struct Shop {
    emulator: Emulator,
    vendor: &'static str,
}

impl Shop {
    async fn of(vendor: &'static str, builder: EmulatorBuilder) -> Self {
        Self { emulator: builder.start().await.unwrap(), vendor }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.url(self.vendor))
    }

    /// Buys something; the answer is the vendor's.
    async fn buy(&self, key: &str, good: &Good) -> Answer {
        Caller::with_key(key).post(&self.url(good.path), &good.body).await
    }

    /// Buys the first of the goods.
    async fn buy_one(&self) -> Answer {
        self.buy(KEY, &goods(self.vendor)[0]).await
    }

    /// Buys the first of the goods and answers the job's id.
    async fn bought(&self) -> String {
        let answer = self.buy_one().await;
        id(&answer).unwrap_or_else(|| panic!("{}", answer.text()))
    }

    /// The address of the account in the control API.
    fn account(&self) -> String {
        format!("{}/__admin/account/{}", self.emulator.base(), self.vendor)
    }

    async fn told(&self, key: &str) -> Value {
        Caller::with_key(key).get(&self.account()).await.json()
    }

    async fn order(&self, key: &str, order: &Value) -> Answer {
        Caller::with_key(key).put(&self.account(), order).await
    }

    /// Orders something that must be carried out.
    async fn ordered(&self, key: &str, order: &Value) -> Value {
        let answer = self.order(key, order).await;
        assert_eq!(answer.status, 200, "{order}: {}", answer.text());
        answer.json()
    }

    async fn wait(&self, millis: u64) {
        let by = std::time::Duration::from_millis(millis);
        self.emulator.clock(KEY).advance(by).await.unwrap();
    }
}

/// The id of the job that an answer to a submit accepts.
fn id(answer: &Answer) -> Option<String> {
    if !(200..300).contains(&answer.status) {
        return None;
    }
    let body = answer.json();
    let found = ["/request_id", "/data/task/id", "/id"].into_iter().find_map(|place| body.pointer(place));
    found.and_then(Value::as_str).map(str::to_owned)
}
