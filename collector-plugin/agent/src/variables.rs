//! The environment variables, read once.

use std::collections::BTreeMap;

/// The environment of this process, or one made up for a test.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The environment of this process. A variable that is not UTF-8 is left out: nothing here could use it.
    pub fn of_this_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        )
    }

    /// A variable that is set, also if to nothing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Those of `names` that are set.
    pub fn only(&self, names: &[&str]) -> BTreeMap<String, String> {
        let variable = |name: &&str| Some(((*name).to_owned(), self.get(name)?.to_owned()));
        names.iter().filter_map(variable).collect()
    }

    /// A variable that is set to something: OpenTelemetry takes an empty one for an absent one.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name)
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Variables {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}
