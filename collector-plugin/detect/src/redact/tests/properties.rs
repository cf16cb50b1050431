use std::sync::Arc;

use proptest::prelude::*;
use scoutline_semconv::limits::{ARRAY_LEN, STRING_BYTES};

use super::samples::{body, tokens};
use crate::redact::{CommandArgs, MARK, arguments};
use crate::text::readable;

/// Any bytes without NUL.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(1_u8.., 0..40)
}

/// What people type, so that generated command lines reach the rules.
fn typed() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "sh",
        "-c",
        "curl",
        "-u",
        "-H",
        "mysql",
        "-p",
        "docker",
        "login",
        "set",
        "--password",
        "--key",
        "--token=",
        "x=1",
        "it's",
        "\"",
        "'a b'",
        "https://h/x",
        "me:",
        "; ",
        "\\",
        "Bearer ",
        "[redacted]",
        "\n",
        "=",
        "{\"a\":",
        "password",
        "…",
    ];
    let part = prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec());
    prop::collection::vec(prop_oneof![4 => part, 1 => anything()], 0..6)
        .prop_map(|parts| parts.concat())
}

fn join(words: &[Vec<u8>]) -> Vec<u8> {
    words
        .iter()
        .flat_map(|word| word.iter().copied().chain([0]))
        .collect()
}

fn text(shown: &[Arc<str>]) -> String {
    shown.join("\n")
}

/// A name that smells, or an option of a tool, and how the secret follows.
const PLACES: [(&str, &str); 20] = [
    ("--password\0", ""),
    ("--password=", ""),
    ("-password\0", ""),
    ("--api-key=", ""),
    ("--client-secret\0", ""),
    ("--auth-token\0", ""),
    ("TOKEN=", ""),
    ("DB_PASSWORD=", ""),
    ("-e\0MY_SECRET=", ""),
    ("curl\0-u\0me:", ""),
    ("curl\0-sSLu\0me:", ""),
    ("curl\0-H\0Authorization: Bearer ", ""),
    ("curl\0--header\0X-Api-Key: ", ""),
    ("sshpass\0-p\0", ""),
    ("mysql\0-p", ""),
    ("aws\0configure\0set\0aws_secret_access_key\0", ""),
    ("docker\0login\0-p\0", ""),
    ("openssl\0-passin\0pass:", ""),
    ("smbclient\0-U\0me%", ""),
    ("redis-cli\0-a\0", ""),
];

/// Texts for a shell around a secret without blanks and quotes.
const TEXTS: [(&str, &str); 14] = [
    ("mysql -p", " db"),
    ("x --password ", " --other"),
    ("x --password='", "' --other"),
    ("a; TOKEN=", " b"),
    ("export TOKEN=\"", "\"; b"),
    ("curl -u me:", " https://h"),
    ("curl -u 'me:", "' https://h"),
    ("curl -H \"Authorization: Bearer ", "\" h"),
    ("curl -H 'X-Api-Key: ", "' h"),
    ("git clone https://me:", "@h/x"),
    ("git clone https://", "@h/x"),
    ("curl 'https://h/?a=1&access_token=", "&b=2'"),
    ("curl -d '{\"password\": \"", "\"}' h"),
    ("ssh h \"sshpass -p ", " ssh i\""),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn is_bounded_for_any_bytes(
        argv in prop::collection::vec(any::<u8>(), 0..2100),
        is_truncated: bool,
        how in prop::sample::select(CommandArgs::ALL.to_vec()),
    ) {
        let shown = arguments(&argv, is_truncated, how);
        prop_assert!(shown.len() <= ARRAY_LEN);
        for word in &shown {
            prop_assert!(word.len() <= STRING_BYTES);
            prop_assert_eq!(&readable(word.as_bytes()), &**word);
        }
    }

    #[test]
    fn is_bounded_for_what_people_type(
        words in prop::collection::vec(typed(), 0..40),
        is_truncated: bool,
    ) {
        let shown = arguments(&join(&words), is_truncated, CommandArgs::Redacted);
        prop_assert!(shown.len() <= ARRAY_LEN);
        prop_assert!(shown.iter().all(|word| word.len() <= STRING_BYTES));
    }

    #[test]
    fn tokens_never_appear(
        seed: u64,
        which in 0_usize..35,
        before in prop::collection::vec(prop_oneof![anything(), typed()], 0..8),
        after in prop::collection::vec(prop_oneof![anything(), typed()], 0..4),
        open in prop::sample::select(vec!["", "=", "x=", ":", "\"", "'", " ", "(", ",", "/", "a b ", "\n", "@", "ö", "--x="]),
        close in prop::sample::select(vec!["", "\"", "'", " ", ")", ",", "/", " a b", "\n", "@h", "ö", "&a=b", ";"]),
    ) {
        let (_, start, secret) = &tokens(seed)[which];
        let mut words = before;
        words.push(format!("{open}{start}{secret}{close}").into_bytes());
        words.extend(after);
        let shown = text(&arguments(&join(&words), false, CommandArgs::Redacted));
        prop_assert!(!shown.contains(secret.as_str()), "{shown}");
    }

    #[test]
    fn a_token_that_is_cut_never_appears(seed: u64, which in 0_usize..35, keep in 6_usize..100) {
        let (_, start, secret) = &tokens(seed)[which];
        let secret = &secret[..keep.min(secret.len())];
        for open in ["x\0", "x\0TOKEN=", "sh\0-c\0curl -d '", "x\0https://me:", "x\0--x="] {
            let argv = format!("{open}{start}{secret}");
            let shown = text(&arguments(argv.as_bytes(), true, CommandArgs::Redacted));
            prop_assert!(!shown.contains(&secret[..6]), "{shown}");
        }
    }

    #[test]
    fn named_secrets_never_appear(
        secret in "[A-Za-z0-9][A-Za-z0-9!#$%^*()+=.,:;?~ _\"'-]{0,20}[0-9][A-Za-z]{4}[0-9]",
        (open, close) in prop::sample::select(PLACES.to_vec()),
        before in prop::collection::vec(prop_oneof![anything(), typed()], 0..5),
        after in prop::collection::vec(prop_oneof![anything(), typed()], 0..4),
    ) {
        let mut argv = join(&before);
        argv.extend(format!("{open}{secret}{close}\0").into_bytes());
        argv.extend(join(&after));
        let shown = text(&arguments(&argv, false, CommandArgs::Redacted));
        prop_assert!(!shown.contains(secret.as_str()), "{shown}");
    }

    #[test]
    fn secrets_in_a_shells_text_never_appear(
        seed: u64,
        (open, close) in prop::sample::select(TEXTS.to_vec()),
        prefix in prop::sample::select(vec!["", "cd /tmp && ", "sudo ", "timeout 5 ", "a=b ", "echo it; ", "(", "x | "]),
    ) {
        let secret = body(seed, 12).to_lowercase();
        let command = format!("{prefix}{open}{secret}{close}");
        for argv in [format!("sh\0-c\0{command}\0"), format!("ssh\0h\0{command}\0"), format!("su\0me\0-c\0bash -c '{}'\0", command.replace('\'', ""))] {
            let shown = text(&arguments(argv.as_bytes(), false, CommandArgs::Redacted));
            prop_assert!(!shown.contains(&secret), "{shown}");
        }
    }

    #[test]
    fn private_keys_never_appear(seed: u64, kind in "|RSA |EC |OPENSSH |ENCRYPTED ", open in "|key=|\"|a b ", is_ended: bool, is_cut: bool) {
        let secret = body(seed, 64);
        let end = if is_ended { format!("\n-----END {kind}PRIVATE KEY-----") } else { String::new() };
        let argv = format!("x\0{open}-----BEGIN {kind}PRIVATE KEY-----\n{secret}\n{secret}{end}");
        let shown = text(&arguments(argv.as_bytes(), is_cut, CommandArgs::Redacted));
        prop_assert!(!shown.contains(&secret[..20]), "{shown}");
    }

    #[test]
    fn plain_arguments_come_through(
        words in prop::collection::vec(
            prop_oneof![
                "[a-z]{1,9}",
                "[0-9]{1,6}",
                "(/[a-z0-9._]{1,8}){1,4}",
                "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(/[0-9]{1,2})?",
                "-[abdfgijlmnoqrsvxz]",
                "--[a-z]{1,4}-(file|path|dir|name|size|mode)",
                "https?://[a-z]{2,8}\\.org(:[0-9]{2,5})?(/[a-z]{1,6}){0,3}",
                "[a-z]{2,6}=[a-z0-9/.]{0,8}",
            ]
            .prop_filter("says nothing about the next", |word| {
                let special = ["set", "key", "keys", "auth", "pass", "pw", "pwd", "psk", "otp", "jwt", "cred", "creds", "secret", "token", "hashes"];
                !special.iter().any(|special| word.contains(special))
            }),
            0..16,
        ),
    ) {
        let argv: Vec<u8> = words.iter().flat_map(|word| word.bytes().chain([0])).collect();
        let tools = words.iter().any(|word| crate::redact::tools::named(word.rsplit('/').next().unwrap_or(word)).is_some());
        prop_assume!(!tools);
        let shown = arguments(&argv, false, CommandArgs::Redacted);
        prop_assert_eq!(shown.iter().map(|word| word.to_string()).collect::<Vec<_>>(), words);
    }

    // In chaos a replaced value may be what told a tool or a quote, so that a second look sees less sense.
    #[test]
    fn a_second_look_only_replaces_more(words in prop::collection::vec(typed(), 0..20)) {
        let once = arguments(&join(&words), false, CommandArgs::Redacted);
        let bytes: Vec<Vec<u8>> = once.iter().map(|word| word.as_bytes().to_vec()).collect();
        let twice = arguments(&join(&bytes), false, CommandArgs::Redacted);
        prop_assert_eq!(once.len(), twice.len());
        for (once, twice) in once.iter().zip(&twice) {
            prop_assert!(once == twice || twice.contains(MARK), "{once} became {twice}");
        }
    }
}
