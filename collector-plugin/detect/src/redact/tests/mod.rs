mod kept;
mod properties;
mod samples;
mod table;

use super::*;

/// Arguments as the kernel has them.
fn argv(words: &[&str]) -> Vec<u8> {
    words
        .iter()
        .flat_map(|word| word.bytes().chain([0]))
        .collect()
}

fn redacted(words: &[&str]) -> Vec<String> {
    arguments(&argv(words), false, CommandArgs::Redacted)
        .iter()
        .map(|word| word.to_string())
        .collect()
}

#[test]
fn is_none_redacted_or_full() {
    let argv = argv(&["curl", "-u", "me:hunter2", "\x1b[31m"]);
    assert!(arguments(&argv, false, CommandArgs::None).is_empty());
    let full = arguments(&argv, false, CommandArgs::Full);
    assert_eq!(
        full.iter().map(|word| &**word).collect::<Vec<_>>(),
        ["curl", "-u", "me:hunter2", "\\u{1b}[31m"]
    );
    assert_eq!(CommandArgs::default(), CommandArgs::Redacted);
    for how in CommandArgs::ALL {
        assert_eq!(how.name().parse(), Ok(how));
        let word = serde_json::to_string(&how).expect("a word is JSON");
        assert_eq!(word, format!("\"{}\"", how.name()));
        assert_eq!(serde_json::from_str::<CommandArgs>(&word).ok(), Some(how));
    }
    let error = "some".parse::<CommandArgs>().expect_err("it is none");
    assert_eq!(
        error.to_string(),
        "`some` is not known: expected none, redacted or full"
    );
}

#[test]
fn keeps_empty_arguments_and_says_how_many_are_left_out() {
    assert!(arguments(b"", false, CommandArgs::Full).is_empty());
    assert_eq!(redacted(&["ls", "", "x"]), ["ls", "", "x"]);

    let words: Vec<String> = (0..16).map(|word| word.to_string()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(redacted(&words), words);
    let more = [words.as_slice(), &["x", "y"]].concat();
    let shown = redacted(&more);
    assert_eq!(shown.len(), ARRAY_LEN);
    assert_eq!(shown[14..], ["14", "… 3 more"]);
    let shown = arguments(&argv(&more), true, CommandArgs::Full);
    assert_eq!(shown.last().map(|last| &**last), Some("… 3+ more"));
}

#[test]
fn marks_what_was_truncated() {
    let cases: [(&[u8], &[&str]); 6] = [
        (b"ls\0/etc/pas", &["ls", "/etc/pas…"]),
        (b"ls\0/etc\0", &["ls", "/etc", "…"]),
        (b"x\0--token\0abc", &["x", "--token", "[redacted]", "…"]),
        (b"x\0--token=ab", &["x", "--token=[redacted]", "…"]),
        (b"x\0https://me:hun", &["x", "https://me:[redacted]", "…"]),
        (
            b"sh\0-c\0mysql -e 'x' --password=\"my sec",
            &["sh", "-c", "mysql -e 'x' --password=\"[redacted]", "…"],
        ),
    ];
    for (argv, expected) in cases {
        let shown = arguments(argv, true, CommandArgs::Redacted);
        let shown: Vec<&str> = shown.iter().map(|word| &**word).collect();
        assert_eq!(shown, expected);
    }
}

#[test]
fn redacts_before_it_cuts() {
    let long = format!("{}:hunter2@host", "x".repeat(1015));
    let shown = redacted(&["curl", "-x", &format!("http://{long}")]);
    assert!(shown[2].ends_with(CUT_MARK) && !shown[2].contains("hunt"));
}
