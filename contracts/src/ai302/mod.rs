//! 302.AI's Kling 1.5 endpoints: a proxy of the maker's web application, with a gateway's refusals before it.
//!
//! - **What it is.** A proxy of the maker's web application, not of the maker's developer API. Path names, the envelope
//!   (`data.task`, `data.works`), the numbers 5, 10, 50, 99 and the words 成功 and 失败 are the application's; the id
//!   `kling_` + 12 hexadecimal digits and the alphabetical members are 302.AI's.
//! - **Evidence.** The vendor documents requests and no answer of these endpoints. Answers rest on the types and tests in
//!   its own open-source applications and on clients. Every guess cites `proposal` and has an open question or an option.
//! - **Paths are irregular.** HQ image paths carry no `15`, image paths of 5 s no `_5s`, the text path of 5 s has it.
//!   The regular-looking names (`m2v_15_img2video_5s`, `m2v_img2video_hq_5s`) were found nowhere and lead to -10009.
//! - **Forms and JSON** hold the same members. Everything in a form is text; an empty text counts as absent, except for
//!   the two prompts, where it is a prompt without words (text models refuse it). Base64 is not taken: no client sends it.
//! - **Status** stands in `data.status`, `data.task.status` and each work, always equal; clients read any of them.
//!   `works` is a list in every answer, because clients read `works[0]` of each one. A URL is there at 99 only.
//! - **A failed task** is HTTP 200 with `message` 失败, `result` 1, `data.status` 50 and the reason in `data.message`.
//! - **Refusals** come from the gateway, in three languages. English, Chinese and Japanese are the vendor's table without
//!   its links ("for details ..."); only -10003 was seen whole on the wire, with two spaces at the end of its Japanese.
//!   Codes without a problem of their own are reached by options: `disabled_key` (-10005), `exhausted` (-10006, -10007,
//!   -10018), `rate_limit` (-10012), `timeout` (-10504). -10015 is about another maker's sizes and left out.
//! - **Echo.** `taskInfo.arguments` and `taskInfo.inputs[].url` repeat what the caller sent: addresses there may lead
//!   anywhere, and are not addresses a client is meant to fetch. Files and base64 are never repeated. The forms of
//!   `arguments` follow the web application; what else 302.AI adds there (length, version) is unknown and left out.
//! - **Callback.** `callback` has one witness, a third party's class. It is taken and kept; with option `callbacks` the body
//!   of a fetch is posted there when the task has ended. The form of that call is a guess from beginning to end.
//! - **Left out.** A second host for `geo`.

mod dialect;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::contract::model::edition::Edition;
use crate::vendor::Declared;

pub(crate) const DECLARED: Declared = Declared {
    id: "302ai",
    newest: Edition { file: "ai302/contract.toml", text: include_str!("contract.toml") },
    older: &[],
    scenarios: include_str!("scenarios.toml"),
    dialect: || Arc::new(dialect::WebAppProxy::default()),
};
