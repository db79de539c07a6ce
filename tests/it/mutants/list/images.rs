//! Mutants whose limits for images are off by one.

use base64::Engine as _;
use serde_json::json;

use super::super::mutant::Breaks::{Asks, Contract};
use super::super::mutant::Mutant;
use super::{good_image, sent};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "takes-a-pixel-less",
        what: "a picture of 299 pixels is accepted",
        surface: "gmicloud",
        breaks: Contract("[schemas.image.x-image]\nmin_side = 299"),
        caught_by: &["PIC-01", "GEN-03"],
    },
    Mutant {
        name: "takes-a-pixel-longer",
        what: "a picture of 300 by 751 pixels is accepted",
        surface: "gmicloud",
        breaks: Contract("[schemas.image.x-image]\nmax_aspect = [751, 300]"),
        caught_by: &["PIC-02", "GEN-03"],
    },
    Mutant {
        name: "takes-a-byte-more",
        what: "a picture that weighs a byte too much is accepted",
        surface: "gmicloud",
        breaks: Contract("[schemas.image.x-image]\nmax_bytes = 10485761"),
        caught_by: &["PIC-03"],
    },
    Mutant {
        name: "takes-gifs",
        what: "a GIF is accepted",
        surface: "gmicloud",
        breaks: Asks(|request| {
            let image = sent(request).and_then(|body| body.pointer_mut("/payload/image"));
            if let Some(image) = image.filter(|text| starts(text, "data:image/gif;base64,")) {
                good_image(image);
            }
        }),
        caught_by: &["PIC-04"],
    },
    Mutant {
        name: "looks-at-no-picture",
        what: "bytes that are no picture are accepted for one",
        surface: "apilaplas",
        breaks: Asks(|request| {
            let text = base64::engine::general_purpose::STANDARD.encode("this is no picture");
            let start = format!("data:image/jpeg;base64,{}", &text[..20]);
            let image = sent(request).and_then(|body| body.pointer_mut("/image_url"));
            if let Some(image) = image.filter(|text| starts(text, &start)) {
                good_image(image);
            }
        }),
        caught_by: &["PIC-05"],
    },
    Mutant {
        name: "wants-a-pixel-more",
        what: "a picture of 300 pixels is refused",
        surface: "302ai",
        breaks: Contract("[schemas.input_image.x-image]\nmin_side = 301"),
        caught_by: &["PIC-06", "GEN-03"],
    },
    Mutant {
        name: "takes-a-byte-less",
        what: "a picture of ten mebibytes is refused",
        surface: "aimlapi",
        breaks: Contract("[schemas.image_url.x-image]\nmax_bytes = 10485759"),
        caught_by: &["PIC-06"],
    },
];

fn starts(text: &serde_json::Value, start: &str) -> bool {
    text.as_str().is_some_and(|text| text.starts_with(start)) && *text != json!("")
}
