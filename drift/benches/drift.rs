//! Speed of comparisons: a document of two megabytes with 250 schemas that nothing uses, read and compared,
//! and two editions of a contract.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mockreel_contracts::contract::views::openapi::View;
use mockreel_drift::{compare, of_contract, read};
use serde_json::{Map, Value, json};

/// A document of two megabytes: one operation, and 250 schemas of other products.
fn large(limit: u32) -> Vec<u8> {
    let member =
        json!({"type": "string", "description": "Words about a member that only people read. ".repeat(8)});
    let other = |index: usize| {
        let members: Map<String, Value> = (0..20).map(|n| (format!("member_{n}"), member.clone())).collect();
        (format!("Other.Product{index}"), json!({"type": "object", "properties": members}))
    };
    let mut schemas: Map<String, Value> = (0..250).map(other).collect();
    let prompt = json!({"type": "string", "maxLength": limit});
    schemas.insert("Submit".to_owned(), json!({"type": "object", "properties": {"prompt": prompt}}));
    let body = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Submit"}}});
    let post = json!({"requestBody": {"content": body}, "responses": {"200": {"description": "ok"}}});
    let root = json!({"openapi": "3.0.0", "info": {"title": "t", "version": "1"},
        "paths": {"/v1/videos": {"post": post}}, "components": {"schemas": schemas}});
    root.to_string().into_bytes()
}

fn documents(criterion: &mut Criterion) {
    let (old, new) = (large(500), large(2500));
    criterion.bench_function("two documents of 2 MB, read and compared", |bench| {
        bench.iter(|| {
            let old = read::openapi("old", black_box(&old)).expect("it is a document");
            let new = read::openapi("new", black_box(&new)).expect("it is a document");
            compare(&old, &new)
        });
    });
}

fn editions(criterion: &mut Criterion) {
    let vendor = |name: &str| mockreel_contracts::vendor(name).expect("there is such an edition").contract;
    let (old, new) = (vendor("aimlapi@2025-04"), vendor("aimlapi"));
    criterion.bench_function("two editions of a contract", |bench| {
        bench.iter(|| compare(&of_contract(&old, View::Documented), &of_contract(&new, View::Documented)));
    });
}

criterion_group!(benches, documents, editions);
criterion_main!(benches);
