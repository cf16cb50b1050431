//! Does a thing of this name hold a secret, and can this value be one?

use super::{MARK, is_own_word};

/// What a name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Smell {
    Nothing,
    /// A key or the like, which is as often the path of a file.
    Faint,
    /// Whatever it is, it is not for others.
    Strong,
}

/// Within a name, with or without a boundary: `dbPassword`, `PGPASSWORD`.
const STRONG_WITHIN: [&str; 8] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "sessionid",
    "sessid",
];

/// The end of a name.
const STRONG_LAST: [&str; 8] = ["pass", "pwd", "pw", "psk", "otp", "jwt", "bearer", "hashes"];

/// The end of a name, as a word of its own or glued to another: `--ssh-key`, `apikey`.
const FAINT_LAST: [&str; 9] = [
    "auth",
    "key",
    "keys",
    "cred",
    "creds",
    "credential",
    "credentials",
    "cookie",
    "cookies",
];

/// Words that end like a secret and are none.
const OTHER_WORDS: [&str; 15] = [
    "askpass",
    "bypass",
    "compass",
    "donkey",
    "hockey",
    "hotkey",
    "monkey",
    "noauth",
    "oauth",
    "overpass",
    "surpass",
    "trespass",
    "turkey",
    "underpass",
    "whiskey",
];

/// Keys that everybody may know, or that are no keys of a lock: the word before `key`.
const OPEN_KEYS: [&str; 17] = [
    "authorized",
    "cache",
    "foreign",
    "group",
    "hash",
    "host",
    "index",
    "new",
    "object",
    "partition",
    "primary",
    "pub",
    "public",
    "range",
    "recv",
    "row",
    "sort",
];

/// The last word of a name that is about a secret without being one: `--key-file`, `TOKEN_URL`.
const ABOUT: [&str; 75] = [
    "age",
    "agent",
    "algo",
    "algorithm",
    "app",
    "arn",
    "attempts",
    "audience",
    "authentication",
    "authentications",
    "authority",
    "backend",
    "bits",
    "cache",
    "check",
    "checking",
    "class",
    "cmd",
    "column",
    "command",
    "config",
    "count",
    "dir",
    "directory",
    "driver",
    "enabled",
    "endpoint",
    "engine",
    "env",
    "expiration",
    "expires",
    "expiry",
    "fd",
    "field",
    "file",
    "files",
    "format",
    "from",
    "generator",
    "header",
    "helper",
    "host",
    "id",
    "ids",
    "issuer",
    "label",
    "length",
    "lifetime",
    "limit",
    "location",
    "method",
    "mode",
    "mount",
    "name",
    "names",
    "namespace",
    "path",
    "policy",
    "port",
    "prompt",
    "prompts",
    "provider",
    "required",
    "rotation",
    "scope",
    "seconds",
    "server",
    "service",
    "size",
    "sock",
    "stdin",
    "ttl",
    "type",
    "url",
    "user",
];

/// The same, glued: `keyfile`, `keystore`, `tokenurl`.
const ABOUT_GLUED: [&str; 9] = [
    "dir", "file", "map", "name", "path", "ring", "store", "type", "url",
];

/// What may stand behind the word that matters: `KEY_BASE64`.
const FORMS: [&str; 9] = [
    "b64", "base64", "content", "data", "hex", "material", "plain", "string", "value",
];

/// How an option begins that is switched on without a value: `--ask-pass`.
const SWITCHES: [&str; 17] = [
    "allow", "ask", "delete", "disable", "enable", "force", "generate", "hide", "list", "print",
    "prompt", "require", "revoke", "rotate", "show", "skip", "verify",
];

/// What everything can be set to.
const SETTINGS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "none", "null"];

/// What `auth` can be set to.
const METHODS: [&str; 15] = [
    "basic",
    "cert",
    "digest",
    "gssapi",
    "kerberos",
    "ldap",
    "md5",
    "negotiate",
    "ntlm",
    "oauth",
    "oauth2",
    "pam",
    "peer",
    "sso",
    "trust",
];

/// Endings of files that hold keys, certificates and the like.
const ENDINGS: [&str; 21] = [
    ".asc", ".cer", ".cfg", ".conf", ".crt", ".csr", ".der", ".gpg", ".ini", ".jks", ".json",
    ".key", ".p12", ".pem", ".pfx", ".pgp", ".pub", ".toml", ".txt", ".yaml", ".yml",
];

/// What a name says about its value. Dashes, dots and capitals part its words.
pub(super) fn smell(name: &str) -> Smell {
    // The working directory.
    if matches!(name, "PWD" | "OLDPWD") {
        return Smell::Nothing;
    }
    let words = words(name);
    let mut words = words.as_slice();
    while let [rest @ .., last] = words
        && !rest.is_empty()
        && (FORMS.contains(&last.as_str()) || last.bytes().all(|byte| byte.is_ascii_digit()))
    {
        words = rest;
    }
    let Some((last, rest)) = words.split_last() else {
        return Smell::Nothing;
    };
    let last = last.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let before = rest.last().map_or("", String::as_str);
    if last == "id" && before == "secret" {
        return Smell::Strong;
    }
    let is_denied = matches!(words.first().map(String::as_str), Some("no" | "without"));
    let is_about = ABOUT.contains(&last) || ABOUT_GLUED.iter().any(|end| last.ends_with(end));
    if is_denied || is_about || OTHER_WORDS.contains(&last) {
        return Smell::Nothing;
    }
    // Language models count tokens.
    if last == "tokens" || last.starts_with("tokeniz") {
        return Smell::Nothing;
    }
    let whole = words.concat();
    if STRONG_WITHIN.iter().any(|word| whole.contains(word))
        || STRONG_LAST.iter().any(|word| ends_in(last, word))
    {
        return Smell::Strong;
    }
    let is_open = OPEN_KEYS.contains(&before)
        || last
            .trim_end_matches('s')
            .strip_suffix("key")
            .is_some_and(|kind| OPEN_KEYS.contains(&kind));
    if !is_open && FAINT_LAST.iter().any(|word| ends_in(last, word)) {
        return Smell::Faint;
    }
    Smell::Nothing
}

/// Whether an option of this name has no value unless one is attached to it.
pub(super) fn is_switch(name: &str) -> bool {
    words(name)
        .first()
        .is_some_and(|first| SWITCHES.contains(&first.as_str()))
}

/// The value of something that smells: itself if it cannot be a secret, else [`MARK`].
pub(super) fn mask(value: &str, smell: Smell) -> &str {
    if can_stay(value, smell) { value } else { MARK }
}

fn can_stay(value: &str, smell: Smell) -> bool {
    // Quotes and commas around what was replaced before.
    let inner =
        value.trim_matches(|mark: char| mark.is_ascii_punctuation() && mark != '[' && mark != ']');
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(value));
    value.is_empty()
        || smell == Smell::Nothing
        || is_own_word(value)
        || inner == MARK
        || is_one_of(&SETTINGS)
        || (smell == Smell::Faint && (is_one_of(&METHODS) || is_path(value) || is_position(value)))
}

/// `/etc/ssl/x.key`, `~/.ssh/id_ed25519`, `client.pem`: and no key in base64, which may begin with a slash.
pub(super) fn is_path(value: &str) -> bool {
    let starts = ["/", "./", "../", "~/", "file:/", "fileb:/", "@/"];
    let is_somewhere = starts.iter().any(|start| value.starts_with(start))
        || ENDINGS.iter().any(|end| value.ends_with(end));
    is_somewhere
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-/~@:% ".contains(&byte))
        && !value.split('/').any(is_random)
}

/// Long, and of small letters, capitals and digits: nobody names a file like that.
pub(super) fn is_random(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    word.len() >= 20
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
}

/// Columns to sort by (`2,3`, `1.4nr,2`), a number of a key.
fn is_position(value: &str) -> bool {
    value.split([',', '.']).all(|column| {
        let letters = column.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let digits = column.len() - letters.len();
        (1..=4).contains(&digits)
            && letters.len() <= 3
            && letters
                .bytes()
                .all(|letter| b"bdfghinrMRV".contains(&letter))
    })
}

fn ends_in(last: &str, word: &str) -> bool {
    // Two letters at the end of a word mean nothing.
    last == word || (word.len() > 2 && last.ends_with(word))
}

/// `dbPassword_file` is `db`, `password`, `file`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_small = false;
    for character in name.chars() {
        let is_boundary = is_small && character.is_ascii_uppercase();
        is_small = character.is_ascii_lowercase();
        if is_boundary || !character.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if character.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(character.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
