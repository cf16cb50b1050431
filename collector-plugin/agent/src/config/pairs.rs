//! `key=value,key2=value2` of `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_EXPORTER_OTLP_HEADERS`.

use percent_encoding::percent_decode_str;

/// The pairs, percent-decoded; a key that comes twice counts the last time.
///
/// `None` if any pair is malformed: OpenTelemetry discards the whole variable then, so that half of a
/// configuration is never taken for all of it.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in text
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
    {
        let (key, value) = pair.split_once('=')?;
        let key = decode(key)?;
        if key.is_empty() {
            return None;
        }
        pairs.retain(|(known, _)| *known != key);
        pairs.push((key, decode(value)?));
    }
    Some(pairs)
}

fn decode(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text.trim()).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_or_discarded_whole() {
        for (text, expected) in [
            ("a=1,b=2", Some(vec![("a", "1"), ("b", "2")])),
            (" a = x%20y , a=z", Some(vec![("a", "z")])),
            ("token=Bearer%20a=b", Some(vec![("token", "Bearer a=b")])),
            ("a=,", Some(vec![("a", "")])),
            ("", Some(vec![])),
            ("a=1,b", None),
            ("=1", None),
            ("a=%ff", None),
        ] {
            let expected = expected.map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect::<Vec<_>>()
            });
            assert_eq!(pairs(text), expected, "{text}");
        }
    }
}
