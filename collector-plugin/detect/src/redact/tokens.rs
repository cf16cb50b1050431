//! Secrets that show what they are: each issuer documents how its tokens begin.

use super::MARK;

/// How the tokens of one issuer look. The beginning is left to be read: it says what has to be revoked.
struct Shape {
    starts: &'static [&'static str],
    /// What may follow besides ASCII letters and digits.
    also: &'static [u8],
    /// What has to follow, bytes.
    least: usize,
    /// Whether the beginning is so short that it must not be part of a longer word.
    is_word: bool,
}

const fn shape(starts: &'static [&'static str], also: &'static [u8], least: usize) -> Shape {
    Shape {
        starts,
        also,
        least,
        is_word: false,
    }
}

const fn word(starts: &'static [&'static str], also: &'static [u8], least: usize) -> Shape {
    Shape {
        starts,
        also,
        least,
        is_word: true,
    }
}

const SHAPES: [Shape; 26] = [
    // GitHub. Tokens of installations have become longer, with dots.
    shape(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], b"_.-", 30),
    shape(&["github_pat_"], b"_", 20),
    // GitLab: personal, deploy, runner, trigger, job, agent, feed, mail, feature flags, SCIM.
    shape(
        &[
            "glpat-", "gldt-", "glrt-", "glrtr-", "glptt-", "glcbt-", "glagent-", "glft-",
            "glimt-", "glffct-", "glsoat-", "gloas-",
        ],
        b"_-.",
        16,
    ),
    // AWS: ids of keys, temporary keys and bearer tokens.
    word(&["AKIA", "ASIA", "ABIA", "ACCA"], b"", 16),
    // Google: keys of interfaces, OAuth tokens, client secrets.
    shape(&["AIza"], b"_-", 30),
    word(&["ya29."], b"_-.", 20),
    shape(&["GOCSPX-"], b"_-", 20),
    // Slack: tokens, app tokens, hooks.
    shape(
        &[
            "xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxp-", "xoxr-", "xoxs-",
        ],
        b"-.%_/+=",
        10,
    ),
    shape(&["xapp-"], b"-", 20),
    shape(
        &["hooks.slack.com/services/", "hooks.slack.com/workflows/"],
        b"/",
        20,
    ),
    shape(
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        b"/_-",
        20,
    ),
    // Stripe.
    shape(
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        b"",
        16,
    ),
    // Package registries and images.
    shape(&["npm_"], b"", 36),
    shape(&["pypi-AgE"], b"_-", 16),
    shape(&["rubygems_"], b"", 40),
    shape(&["dckr_pat_", "dckr_oat_"], b"_-", 20),
    word(&["hf_"], b"", 30),
    // Vault; HCP.
    shape(&["hvs.", "hvb.", "hvr."], b"_-.", 20),
    // DigitalOcean, Databricks, Grafana, Shopify.
    shape(&["dop_v1_", "doo_v1_", "dor_v1_"], b"", 32),
    word(&["dapi"], b"-", 32),
    shape(&["glsa_", "glc_"], b"_=+/", 30),
    shape(&["shpat_", "shpca_", "shppa_", "shpss_"], b"", 32),
    // SendGrid, Tailscale, age.
    word(&["SG."], b"_-.", 40),
    shape(&["tskey-"], b"-", 16),
    shape(&["AGE-SECRET-KEY-1"], b"", 30),
    // JSON web tokens: an object in base64, a dot, and more. Looked at once more below.
    word(&["eyJ"], b"_-.", 20),
];

/// OpenAI, Anthropic and others. Much begins like that; a key has digits.
const MODEL_KEY: Shape = word(&["sk-"], b"_-", 20);

const KEY_BEGIN: &str = "-----BEGIN ";
const KEY_NAME: &str = "PRIVATE KEY";
const KEY_DASHES: &str = "-----";

/// Replaces all tokens in `text`. With `is_cut` one that runs to the end of it may be of any length.
pub(super) fn redact(text: &str, is_cut: bool) -> String {
    let text = private_keys(text);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if let Some((secret, end)) = token(&text, at, is_cut) {
            out.push_str(&text[at..secret]);
            out.push_str(MARK);
            at = end;
        } else {
            out.push(first);
            at += first.len_utf8();
        }
    }
    out
}

/// Where the secret part of a token that begins at `at` begins and ends.
fn token(text: &str, at: usize, is_cut: bool) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    SHAPES.iter().chain([&MODEL_KEY]).find_map(|shape| {
        let start = shape
            .starts
            .iter()
            .find(|start| bytes[at..].starts_with(start.as_bytes()))?;
        if shape.is_word && !is_start(text, at) {
            return None;
        }
        let secret = at + start.len();
        let length = bytes[secret..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || shape.also.contains(byte))
            .count();
        let end = secret + length;
        let body = &text[secret..end];
        let is_cut = is_cut && end == text.len() && length > 0;
        let is_whole = length >= shape.least
            && match *start {
                "eyJ" => body.find('.').is_some_and(|dot| dot >= 8),
                "sk-" => body.bytes().any(|byte| byte.is_ascii_digit()),
                _ => true,
            };
        (is_whole || is_cut).then_some((secret, end))
    })
}

/// Whether no word reaches into `at`. A byte that was no UTF-8 is written with letters (`\xff`) and is none.
fn is_start(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let is_escape = before
        .len()
        .checked_sub(4)
        .and_then(|from| before.get(from..))
        .is_some_and(|escape| escape.starts_with("\\x"));
    is_escape || !before.ends_with(|last: char| last.is_ascii_alphanumeric())
}

/// What stands between the first and the last line of a private key, or behind the first if there is no last.
fn private_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(KEY_BEGIN) {
        let (before, after) = rest.split_at(begin + KEY_BEGIN.len());
        out.push_str(before);
        rest = after;
        let Some(title) = after.find(KEY_DASHES) else {
            break;
        };
        if !after[..title].contains(KEY_NAME) {
            continue;
        }
        let (title, body) = after.split_at(title + KEY_DASHES.len());
        out.push_str(title);
        let end = body.find(KEY_DASHES).unwrap_or(body.len());
        if end > 0 {
            out.push_str(MARK);
        }
        rest = &body[end..];
    }
    out.push_str(rest);
    out
}
