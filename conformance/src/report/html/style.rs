//! The style of the page: colours by outcome in light and dark, and the policy that lets nothing else in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::outcome::Outcome;

/// Text on background, as `#rrggbb`.
type ColourPair = (&'static str, &'static str);

/// An outcome's letter and its colours in light and dark. Colour is never the only sign.
fn look(outcome: Outcome) -> (char, ColourPair, ColourPair) {
    match outcome {
        Outcome::Pass => ('P', ("#0b5a2a", "#d5f0dc"), ("#9fe6b5", "#12361f")),
        Outcome::Fail => ('F', ("#ffffff", "#b3121f"), ("#ffffff", "#b3202c")),
        Outcome::Flaky => ('~', ("#6a2186", "#f1e0f8"), ("#e3b6f5", "#3e1d4d")),
        Outcome::UnexpectedPass => ('U', ("#0a4a78", "#d6eafa"), ("#a6d4fa", "#12334d")),
        Outcome::ExpectedFail => ('X', ("#734400", "#fdebc8"), ("#f5cf8e", "#45300c")),
        Outcome::NotApplicable => ('–', ("#565d68", "#eceef1"), ("#a9b1bd", "#272b32")),
        Outcome::NotRunBudget => ('B', ("#5e5200", "#fbf3b4"), ("#ece08a", "#3b3608")),
        Outcome::Blocked => ('L', ("#3b4a5a", "#dde5ee"), ("#b9c9dc", "#26303c")),
        Outcome::Inconclusive => ('?', ("#734400", "#f7e3d4"), ("#f0c3a0", "#43290f")),
        Outcome::Unreachable => ('N', ("#ffffff", "#7a3b12"), ("#ffffff", "#8a4516")),
        Outcome::EngineError => ('E', ("#ffffff", "#4a2a7d"), ("#ffffff", "#6440a0")),
    }
}

/// The letter that stands for an outcome.
pub(super) fn letter(outcome: Outcome) -> char {
    look(outcome).0
}

/// The page's own colours: name, in light, in dark.
const COLOURS: [(&str, &str, &str); 7] = [
    ("page", "#ffffff", "#14171c"),
    ("panel", "#f6f7f9", "#1c2027"),
    ("text", "#1b1f24", "#e6e9ee"),
    ("quiet", "#565d68", "#a9b1bd"),
    ("line", "#d5d9df", "#363c46"),
    ("link", "#0a55a8", "#8cc4ff"),
    ("mark", "#b26a00", "#f0b95a"),
];

/// The policy of the page: this style sheet, and nothing else from anywhere.
pub(super) fn policy(css: &str) -> String {
    let digest = STANDARD.encode(Sha256::digest(css.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
}

/// The whole style sheet.
pub(super) fn css() -> String {
    let variables = |dark: bool| -> String {
        let named = COLOURS
            .iter()
            .map(|(name, light, night)| format!("--{name}:{};", if dark { night } else { light }));
        let outcomes = Outcome::ALL.into_iter().map(|outcome| {
            let (_, light, night) = look(outcome);
            let (text, ground) = if dark { night } else { light };
            let word = outcome.word();
            format!("--{word}-text:{text};--{word}-ground:{ground};")
        });
        named.chain(outcomes).collect()
    };
    let classes: String = Outcome::ALL
        .iter()
        .map(|outcome| {
            let word = outcome.word();
            format!(".{word}{{color:var(--{word}-text);background:var(--{word}-ground)}}\n")
        })
        .collect();
    format!(
        ":root{{color-scheme:light dark;{}}}\n@media (prefers-color-scheme:dark){{:root{{{}}}}}\n{LAYOUT}{classes}{PRINT}",
        variables(false),
        variables(true)
    )
}

const LAYOUT: &str = "\
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--page);color:var(--text);
 font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:.2rem 0 .6rem}
h2{font-size:1.25rem;line-height:1.3;margin:0 0 .6rem}
h3{font-size:1.05rem;margin:1.4rem 0 .4rem}
h4{font-size:1rem;margin:0 0 .4rem}
h5{font-size:.95rem;margin:0;font-weight:600}
p,ul,dl{margin:.4rem 0}
a{color:var(--link)}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--mark);outline-offset:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.875em}
.wire,code,pre,dd{overflow-wrap:anywhere;unicode-bidi:isolate}
.quiet{color:var(--quiet)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-100rem}
.skip:focus{position:static}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:0 0 1rem}
nav a{padding:.3rem 0}
main>section{margin:2.2rem 0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(18rem,100%),1fr));gap:1rem}
.card{background:var(--panel);border:1px solid var(--line);border-left-width:.4rem;border-radius:.5rem;padding:.8rem 1rem}
.card.fine{border-left-color:var(--pass-text)}
.card.bad{border-left-color:var(--fail-ground)}
.card h2{font-size:1.1rem;margin:0;overflow-wrap:anywhere}
.verdict{margin:.1rem 0 .5rem}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1rem .8rem}
dt{color:var(--quiet)}
dt.wire{max-width:12rem}
dd{margin:0;min-width:0}
.badge{display:inline-block;padding:.05rem .5rem;border-radius:.3rem;font-size:.85rem;line-height:1.5;white-space:nowrap}
.counts,.legend{line-height:2}
.read{list-style:none;padding:0}
.read li{padding:.5rem 0;border-top:1px solid var(--line)}
.scroll{position:relative;overflow-x:auto;border:1px solid var(--line);border-radius:.5rem;max-width:100%}
table{border-collapse:separate;border-spacing:0;width:100%}
th,td{padding:.3rem .5rem;text-align:left;vertical-align:middle;border-top:1px solid var(--line)}
thead th{border-top:0;background:var(--panel);vertical-align:bottom;font-size:.85rem;line-height:1.3}
th.vendor{min-width:6.5rem;max-width:11rem;overflow-wrap:anywhere;text-align:center;font-weight:600}
th.vendor .quiet{font-weight:400}
tbody th{font-weight:400}
tbody th,thead th:first-child{position:sticky;left:0;background:var(--page);border-right:1px solid var(--line);
 width:24rem;min-width:10.5rem}
thead th:first-child,tr.area th,tr.area td{background:var(--panel)}
tr.area th{font-weight:600;font-size:.85rem}
th .title{display:block;font-size:.85rem;line-height:1.3;overflow-wrap:anywhere}
td{text-align:center}
.cell{display:inline-block;min-width:2.75rem;padding:.3rem .5rem;border-radius:.3rem;font-weight:700;text-align:center;text-decoration:none;
 border:1px solid transparent}
.cell:hover{text-decoration:underline}
.not-run-budget.cell,.not-run-budget.badge{outline:1px dashed currentColor;outline-offset:-2px}
.case{border-top:1px solid var(--line);padding:.8rem 0}
article{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem;margin:.5rem 0}
article:target,.case:target{outline:3px solid var(--mark);outline-offset:1px}
.level{font-size:.8rem;letter-spacing:.04em;color:var(--quiet)}
.message{white-space:pre-wrap}
.facts{font-size:.85rem;margin:.3rem 0 0}
q{quotes:'\u{201c}' '\u{201d}'}
details{margin:.3rem 0}
summary{cursor:pointer;padding:.2rem 0}
.difference{border-left:3px solid var(--line);padding-left:.6rem;margin:.4rem 0}
.links{padding-left:1.2rem}
pre{white-space:pre-wrap;background:var(--page);border:1px solid var(--line);border-radius:.3rem;padding:.5rem .6rem;margin:.3rem 0}
.note{color:var(--quiet);font-style:italic}
footer{color:var(--quiet);font-size:.85rem;border-top:1px solid var(--line);padding-top:.8rem}
@media (max-width:40rem){tbody th,thead th:first-child{width:auto;min-width:8rem;max-width:9rem}th.vendor{min-width:5.5rem}}
";

const PRINT: &str = "\
@media print{nav,.skip{display:none}body{max-width:none;padding:0;font-size:10pt}.scroll{overflow:visible;border:0}
 article,.case,.card,tr{break-inside:avoid}h2,h3,h4{break-after:avoid}
 .badge,.cell{print-color-adjust:exact;-webkit-print-color-adjust:exact}tbody th,thead th:first-child{position:static}
 details::details-content{content-visibility:visible;block-size:auto}}
";

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG 2 has it.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let share = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_text_can_be_read_on_its_ground() {
        for outcome in Outcome::ALL {
            let (_, light, dark) = look(outcome);
            for (text, ground) in [light, dark] {
                let contrast = contrast(text, ground);
                assert!(contrast >= 4.5, "{}: {text} on {ground} has {contrast:.2}", outcome.word());
            }
        }
        let colour = |name: &str| COLOURS.iter().find(|(held, _, _)| *held == name).unwrap();
        for text in ["text", "quiet", "link"] {
            for ground in ["page", "panel"] {
                let (text, ground) = (colour(text), colour(ground));
                assert!(contrast(text.1, ground.1) >= 4.5, "{} on {} in light", text.0, ground.0);
                assert!(contrast(text.2, ground.2) >= 4.5, "{} on {} in dark", text.0, ground.0);
            }
        }
        // What is no text (the frame around what has the focus) needs less.
        assert!(contrast(colour("mark").1, colour("page").1) >= 3.0);
        assert!(contrast(colour("mark").2, colour("page").2) >= 3.0);
    }

    #[test]
    fn every_outcome_has_a_letter_of_its_own() {
        let mut letters: Vec<char> = Outcome::ALL.into_iter().map(letter).collect();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), Outcome::ALL.len());
    }
}
