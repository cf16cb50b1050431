use std::str::FromStr as _;

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};

/// A Rust file as tokens, so that a rule does not trip over a comment. What stands under `#[cfg(test)]` is left out.
#[derive(Debug, Default)]
pub struct Code {
    /// Words and strings, in their order.
    pub tokens: Vec<Token>,
    /// Lines of what was left out.
    pub test_lines: usize,
    /// Modules in files of their own that were left out: `tests` for `#[cfg(test)] mod tests;`.
    pub test_modules: Vec<String>,
}

/// What a rule may be about.
#[derive(Debug, PartialEq, Eq)]
pub enum Token {
    /// An identifier or a keyword.
    Word(String),
    /// What stands between the quotes of a string, as it is written.
    Text(String),
}

/// The file is not Rust.
#[derive(Debug, thiserror::Error)]
#[error("{path} is not Rust: {source}")]
pub struct CodeError {
    path: String,
    source: LexError,
}

impl Code {
    /// Reads a file.
    ///
    /// # Errors
    /// If it is not made of Rust's tokens.
    pub fn of(path: &str, text: &str) -> Result<Self, CodeError> {
        let stream = TokenStream::from_str(text).map_err(|source| CodeError {
            path: path.to_owned(),
            source,
        })?;
        let mut code = Self::default();
        code.read(stream);
        Ok(code)
    }

    fn read(&mut self, stream: TokenStream) {
        let mut trees = stream.into_iter();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Ident(word) => self.tokens.push(Token::Word(word.to_string())),
                TokenTree::Literal(literal) => self.tokens.extend(text(&literal.to_string())),
                TokenTree::Punct(_) => {}
                TokenTree::Group(group) if is_documentation(&group.stream()) => {}
                TokenTree::Group(group) if is_test(&group.stream()) => {
                    let first = group.span().start().line;
                    let last = self.skip_item(&mut trees).unwrap_or(first);
                    self.test_lines += last + 1 - first;
                }
                TokenTree::Group(group) => self.read(group.stream()),
            }
        }
    }

    /// Leaves out what an attribute belongs to; returns its last line.
    fn skip_item(&mut self, trees: &mut impl Iterator<Item = TokenTree>) -> Option<usize> {
        let mut words = Vec::new();
        for tree in trees {
            match tree {
                TokenTree::Ident(word) => words.push(word.to_string()),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    return Some(group.span().end().line);
                }
                TokenTree::Punct(mark) if mark.as_char() == ';' => {
                    if let [.., keyword, name] = words.as_slice()
                        && keyword == "mod"
                    {
                        self.test_modules.push(name.clone());
                    }
                    return Some(mark.span().end().line);
                }
                _ => {}
            }
        }
        None
    }
}

/// A comment for rustdoc, which is an attribute by now.
fn is_documentation(stream: &TokenStream) -> bool {
    let mut trees = stream.clone().into_iter();
    matches!(
        (trees.next(), trees.next()),
        (Some(TokenTree::Ident(word)), Some(TokenTree::Punct(mark))) if word == "doc" && mark.as_char() == '='
    )
}

fn is_test(stream: &TokenStream) -> bool {
    let mut trees = stream.clone().into_iter();
    matches!(
        (trees.next(), trees.next(), trees.next()),
        (Some(TokenTree::Ident(word)), Some(TokenTree::Group(group)), None)
            if word == "cfg" && group.stream().to_string() == "test"
    )
}

fn text(literal: &str) -> Option<Token> {
    let text = literal.trim_end_matches('#').strip_suffix('"')?;
    let (_, text) = text.split_once('"')?;
    Some(Token::Text(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r##"
        //! unsafe
        /// "a.b"
        fn shown() { print!("c.{}", r#"d.e"#); } // unsafe
        #[cfg(test)]
        mod tests;
        #[cfg(test)]
        #[path = "x.rs"]
        mod inline {
            fn f() { unsafe {} }
        }
        const LAST: &str = "f.g";
    "##;

    #[test]
    fn leaves_out_comments_and_tests() {
        let code = Code::of("a.rs", SOURCE).expect("it is Rust");
        let texts: Vec<_> = code
            .tokens
            .iter()
            .filter_map(|token| match token {
                Token::Text(text) => Some(text.as_str()),
                Token::Word(word) => {
                    assert_ne!(word, "unsafe");
                    None
                }
            })
            .collect();
        assert_eq!(texts, ["c.{}", "d.e", "f.g"]);
        assert_eq!(code.test_modules, ["tests"]);
        assert_eq!(code.test_lines, 2 + 5);
    }

    #[test]
    fn says_what_is_not_rust() {
        let error = Code::of("a.rs", "fn (").expect_err("a parenthesis is open");
        assert!(error.to_string().starts_with("a.rs"), "{error}");
    }
}
