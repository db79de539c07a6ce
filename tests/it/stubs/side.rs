//! Side paths of the stub: models, uploads, and the files of videos.

use serde_json::{Value, json};

use super::http::{Answer, Request};
use super::right::Right;
use super::stub::{MODELS, Stub, fail, is_of_text, succeed};
use super::wrong::Wrong;

impl Stub {
    pub(super) fn list_models(&self) -> Answer {
        let models = if self.is(Wrong::ModelsLackModel) { vec!["another-model"] } else { MODELS.to_vec() };
        succeed(200, &json!({"model_ids": models}))
    }

    pub(super) fn describe_model(&self, model: &str) -> Answer {
        if !MODELS.contains(&model) {
            return fail(404, &format!("model {model} does not exist"));
        }
        let mut parameters = vec![
            json!({"name": "prompt", "type": "string", "required": false}),
            json!({"name": "negative_prompt", "type": "string", "required": false}),
            json!({"name": "duration", "type": "enum", "required": false, "options": ["5", "10"]}),
            json!({"name": "cfg_scale", "type": "float", "required": false, "min_value": 0.0, "max_value": 1.0}),
        ];
        if !is_of_text(model) {
            parameters.push(json!({"name": "image", "type": "string", "required": true}));
        }
        if self.is(Wrong::ModelLacksParameters) {
            parameters.clear();
        }
        succeed(200, &json!({"model": model, "parameters": parameters}))
    }

    pub(super) fn offer_upload(&self, body: &[u8]) -> Answer {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let kind = body["file_type"].as_str().unwrap_or_default();
        if !["jpeg", "jpg", "png", "mp4", "mp3", "wav"].contains(&kind) {
            return fail(400, "file_type is not supported");
        }
        let mut uploads = self.uploads.lock().unwrap();
        let name = format!("{}.{kind}", uploads.len() + 1);
        uploads.insert(name.clone(), Vec::new());
        let url = format!("{}/files/{name}", self.address);
        succeed(200, &json!({"upload_url": url, "public_url": url}))
    }

    pub(super) fn answer_file(&self, request: &Request, name: &str) -> Answer {
        let mut uploads = self.uploads.lock().unwrap();
        let Some(file) = uploads.get_mut(name) else { return fail(404, "Not Found") };
        if request.method == "PUT" {
            if !self.is(Wrong::UploadLost) {
                file.clone_from(&request.body);
            }
            return Answer { status: 200, content_type: "application/xml", location: None, body: Vec::new() };
        }
        Answer { status: 200, content_type: "application/octet-stream", location: None, body: file.clone() }
    }

    pub(super) fn answer_clip(&self, name: &str) -> Answer {
        if self.is(Wrong::ClipLoops) {
            let location = Some(format!("{}/clips/{name}", self.address));
            return Answer { status: 307, content_type: "text/html", location, body: Vec::new() };
        }
        if self.right == Some(Right::ClipRedirected) && !name.starts_with("moved-") {
            let location = Some(format!("/clips/moved-{name}"));
            return Answer { status: 302, content_type: "text/html", location, body: Vec::new() };
        }
        let mut body = match name.trim_start_matches("moved-") {
            "5.mp4" => self.clips[0].clone(),
            "10.mp4" => self.clips[1].clone(),
            _ => return fail(404, "Not Found"),
        };
        if self.is(Wrong::ResultIsPage) {
            return Answer {
                status: 200,
                content_type: "text/html",
                location: None,
                body: b"<!doctype html><p>Sign in".to_vec(),
            };
        }
        if self.is(Wrong::ClipCut) {
            body.truncate(body.len() / 2);
        }
        if self.is(Wrong::ClipHollow) {
            empty_media(&mut body);
        }
        Answer { status: 200, content_type: "video/mp4", location: None, body }
    }
}

/// Takes the samples out of a video, so that its boxes fit and its index leads nowhere.
fn empty_media(clip: &mut Vec<u8>) {
    let at = clip.windows(4).position(|four| four == b"mdat").unwrap() - 4;
    let size = u32::from_be_bytes(clip[at..at + 4].try_into().unwrap());
    clip.drain(at + 8..at + usize::try_from(size).unwrap());
    clip[at..at + 4].copy_from_slice(&8_u32.to_be_bytes());
}
