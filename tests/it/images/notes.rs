//! Notes about an image, beside the vendor's own words.

use mockreel_emulator::{Emulator, fixtures};

use super::way;
use crate::support::{Answer, Caller, newest, quiet};

/// The notes of the newest entry of the journal, and of its job.
async fn list_notes(emulator: &Emulator, answer: &Answer) -> String {
    let journal =
        Caller::without_key().get(&format!("{}/__admin/requests?limit=1", emulator.base())).await.json();
    format!("{} {}", journal["requests"][0], answer.text())
}

fn data_uri(kind: &str, bytes: &[u8]) -> String {
    use base64::Engine as _;
    format!("data:image/{kind};base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

async fn submit(
    vendor: &mockreel_contracts::Vendor,
    options: &[(&str, &str)],
    name: &str,
    bytes: &[u8],
) -> (String, Answer) {
    let mut builder = quiet();
    for (option, value) in options {
        builder = builder.option(vendor.id(), option, value);
    }
    let emulator = builder.start().await.unwrap();
    let way = way(&emulator, &vendor.contract);
    let takes_text = way.transports.contains(&mockreel_contracts::contract::check::image::Transport::DataUri);
    let answer = if takes_text {
        way.submit(&data_uri("jpeg", bytes)).await
    } else {
        way.submit_file(name, bytes.to_vec(), false).await
    };
    (list_notes(&emulator, &answer).await, answer)
}

fn bytes_of(name: &str) -> Vec<u8> {
    fixtures::find(name).unwrap().content().to_vec()
}

#[tokio::test]
async fn a_refused_type_is_named_beside_those_that_are_taken() {
    for vendor in newest() {
        for (name, found) in [("picture.webp", "webp"), ("animation.gif", "gif")] {
            let (notes, _) = submit(&vendor, &[], name, &bytes_of(name)).await;
            let said = format!("the picture is {found}; types that are taken: jpeg, png");
            assert!(notes.contains(&said), "{} {name}: {notes}", vendor.id());
        }
    }
}

#[tokio::test]
async fn a_limit_of_our_own_is_not_passed_off_as_the_vendors() {
    let mut arithmetic = bytes_of("square.jpg");
    let frame = arithmetic.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    arithmetic[frame + 1] = 0xC9;
    for vendor in newest() {
        let (notes, answer) = submit(&vendor, &[], "a.jpg", &arithmetic).await;
        let said = "a limit of the emulator's own, not of the vendor: a lossless, hierarchical or arithmetic-coded JPEG";
        assert!(notes.contains(said), "{}: {notes}", vendor.id());
        let warning = answer.header("x-mockreel-warning").unwrap_or_default();
        assert!(warning.contains(said), "{}: {warning}", vendor.id());
    }
}

#[tokio::test]
async fn an_image_that_asks_to_be_turned_is_said_to_and_turned_by_an_option() {
    let picture = bytes_of("exif-rotated.jpg");
    for vendor in newest() {
        for (option, said) in [("stored", "it is shown as stored"), ("turned", "it is turned")] {
            let (notes, _) = submit(&vendor, &[("exif_orientation", option)], "a.jpg", &picture).await;
            let asks = format!("this image asks to be turned (orientation 6); {said}");
            assert!(notes.contains(&asks), "{} {option}: {notes}", vendor.id());
        }
    }
}
