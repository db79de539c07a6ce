//! The style of the page: colours by severity in light and dark, and the policy that lets nothing else in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::Severity;

/// Text on background, as `#rrggbb`.
type ColourPair = (&'static str, &'static str);

/// The colours of a severity in light and dark. Its word always stands beside them.
fn colours_of(severity: Severity) -> (ColourPair, ColourPair) {
    match severity {
        Severity::Breaking => (("#ffffff", "#b3121f"), ("#ffffff", "#b3202c")),
        Severity::Risky => (("#734400", "#fdebc8"), ("#f5cf8e", "#45300c")),
        Severity::Compatible => (("#0b5a2a", "#d5f0dc"), ("#9fe6b5", "#12361f")),
        Severity::Defect => (("#6a2186", "#f1e0f8"), ("#e3b6f5", "#3e1d4d")),
        Severity::Cosmetic => (("#565d68", "#eceef1"), ("#a9b1bd", "#272b32")),
    }
}

/// The page's own colours: name, in light, in dark.
const COLOURS: [(&str, &str, &str); 6] = [
    ("page", "#ffffff", "#14171c"),
    ("panel", "#f6f7f9", "#1c2027"),
    ("text", "#1b1f24", "#e6e9ee"),
    ("quiet", "#565d68", "#a9b1bd"),
    ("line", "#d5d9df", "#363c46"),
    ("link", "#0a55a8", "#8cc4ff"),
];

/// The policy of the page: this style sheet, and nothing else from anywhere.
pub(super) fn write_policy(css: &str) -> String {
    let digest = STANDARD.encode(Sha256::digest(css.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
}

/// The whole style sheet.
pub(super) fn write_css() -> String {
    let variables = |dark: bool| -> String {
        let named = COLOURS
            .iter()
            .map(|(name, light, night)| format!("--{name}:{};", if dark { night } else { light }));
        let severities = Severity::ALL.into_iter().map(|severity| {
            let (light, night) = colours_of(severity);
            let (text, ground) = if dark { night } else { light };
            let word = severity.name();
            format!("--{word}-text:{text};--{word}-ground:{ground};")
        });
        named.chain(severities).collect()
    };
    let classes: String = Severity::ALL
        .iter()
        .map(|severity| {
            let word = severity.name();
            format!(
                ".badge.{word}{{color:var(--{word}-text);background:var(--{word}-ground)}}\n\
                 .finding.{word}{{border-left-color:var(--{word}-ground)}}\n"
            )
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
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:64rem;padding:1rem;background:var(--page);color:var(--text);
 font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0 .6rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;line-height:1.3;margin:0 0 .6rem;overflow-wrap:anywhere}
h3{font-size:1rem;line-height:1.4;margin:0;font-weight:600;overflow-wrap:anywhere}
p,ul,dl{margin:.4rem 0}
ul{padding-left:1.2rem}
a{color:var(--link)}
a:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.875em}
.wire,code,dd,li{overflow-wrap:anywhere;unicode-bidi:isolate}
.quiet{color:var(--quiet)}
.counts{line-height:2}
main>section{margin:2rem 0}
.badge{display:inline-block;padding:.05rem .5rem;border-radius:.3rem;font-size:.85rem;line-height:1.5;white-space:nowrap}
.finding{background:var(--panel);border:1px solid var(--line);border-left-width:.4rem;border-radius:.5rem;
 padding:.7rem .9rem;margin:.6rem 0}
.do{font-weight:600}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(16rem,100%),1fr));gap:.6rem;margin:.5rem 0}
.side{background:var(--page);border:1px solid var(--line);border-radius:.3rem;padding:.4rem .6rem;min-width:0}
.side p{margin:0}
.facts{font-size:.85rem}
details{margin:.3rem 0}
summary{cursor:pointer;padding:.2rem 0}
footer{color:var(--quiet);font-size:.85rem;border-top:1px solid var(--line);padding-top:.8rem}
";

const PRINT: &str = "\
@media print{body{max-width:none;padding:0;font-size:10pt}.finding{break-inside:avoid}h2,h3{break-after:avoid}
 .badge{print-color-adjust:exact;-webkit-print-color-adjust:exact}
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
    fn every_text_can_be_read_on_its_ground_in_light_and_dark() {
        for severity in Severity::ALL {
            let (light, dark) = colours_of(severity);
            for (text, ground) in [light, dark] {
                let contrast = contrast(text, ground);
                assert!(contrast >= 4.5, "{}: {text} on {ground} has {contrast:.2}", severity.name());
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
    }
}
