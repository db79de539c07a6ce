//! The results of all models of all vendors as one page: size, rate, length and sound of their clips.

use super::markdown::{code, prose, table};
use super::models::sound_phrase;
use super::sourced;
use crate::contract::Contract;

/// What holds for all clips; the table follows.
const INTRODUCTION: &str = "# Clips

What a result is, model by model. `cargo test --test it docs` holds this page to the contracts.

- **Size**: the nominal one of a request without an image and without an aspect ratio. With one of them the area stays and the
  shape follows: each side is the square root of area times ratio, rounded down to a multiple of four. Inferred: 724x1268, 1924x1076,
  1284x716, 1172x784, 1916x1080 and 1088x1904 were measured and all follow. 1928x1072 was measured too and does not: the
  option `wide_frame=1928x1072` of each vendor gives that size to clips that would have 1920x1080.
- **Length**: the maker's clips last a little longer than was asked for. At 24 frames a second that is one frame more (121 for 5 s, 241
  for 10 s, 361 for 15 s: measured). At 30 it is three more: 5.1 s for 5 s is on record, 10.1 s for 10 s is a guess. What an answer
  says of width, height and length is what the file has; prices are those of the whole seconds.
- **Sound**: AAC-LC, 44,100 Hz, stereo, about 128 kbit/s, a soft chord drawn from the seed. That the codec is AAC was measured once; rate,
  channels and bit rate are guesses. The track has whole access units of 1,024 samples, so a file with sound lasts up to 23 ms longer than
  its pictures: clients that take the one for the other are off by as much, here too.
- **Form**: H.264 Constrained Baseline, 4:2:0, BT.709, square pixels, a key frame each second, every second frame a repetition; MP4 with its
  index first (`result.moov_last` puts it last), all times 0.
- **Bytes**: what the encoder makes, a fraction of the maker's files. `--clip-bytes real` fills each file up to 12 Mbit/s at 1280x720 and 18
  at 1920x1080, a tenth more or less (measured: 7.3 MB for 5 s at 1216x832, 9.1 to 11.1 MB for 5 s at 1920x1080), also with `--clips small` and `off`.
- **Detail**: `--clips small` has 320 pixels on the longer side; `--clips off` one clip of 64x36 for all jobs of a length. Answers say what
  the file is then, too.

";

/// The page; `contracts` are the newest editions. The text is the same for the same contracts.
pub fn render_media(contracts: &[&Contract]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for contract in contracts {
        page.push_str(&format!("## {}\n\n", prose(&contract.title)));
        let rows = contract.models.values().map(|model| {
            let output = &model.output;
            let [width, height] = output.pixels;
            let frames = output.frames(output.seconds);
            let millis = u64::from(frames) * 1000 / u64::from(output.fps.max(1));
            vec![
                code(&model.id),
                format!("{width}x{height}"),
                output.fps.to_string(),
                format!("{} s: {frames} frames, {millis} ms", output.seconds),
                sound_phrase(model),
                sourced(contract, &output.source),
            ]
        });
        let headers =
            ["Model", "Size", "Frames a second", "Length, unless asked otherwise", "Sound", "Sources"];
        page.push_str(&table(&headers, rows));
        page.push('\n');
    }
    page.trim_end().to_owned() + "\n"
}
