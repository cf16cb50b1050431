//! What this host is for.

use scoutline_detect::recipe::Environment;

use crate::variables::Variables;

/// Variables that CI systems set for every job: the common one first, then GitHub, GitLab, Jenkins, Azure and
/// Buildkite. `CI=false` is how a person says that this is none.
const CI_VARIABLES: [&str; 6] = [
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "JENKINS_URL",
    "TF_BUILD",
    "BUILDKITE",
];

/// The configuration's `deployment.environment.name`, else `ci` within a CI job, else `production`: advice for
/// production is the cautious one.
pub fn environment(configured: Option<&str>, variables: &Variables) -> Environment {
    if let Some(name) = configured {
        return match name.to_ascii_lowercase().as_str() {
            "ci" => Environment::Ci,
            "staging" => Environment::Staging,
            _ => Environment::Production,
        };
    }
    let is_ci = CI_VARIABLES.iter().any(|name| {
        variables
            .filled(name)
            .is_some_and(|value| !value.eq_ignore_ascii_case("false") && value != "0")
    });
    if is_ci {
        Environment::Ci
    } else {
        Environment::Production
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_wins_over_ci_variables() {
        let nothing = Variables::default();
        let github = Variables::from([("CI", "true"), ("GITHUB_ACTIONS", "true")]);
        for (configured, variables, expected) in [
            (None, &nothing, Environment::Production),
            (None, &github, Environment::Ci),
            (
                None,
                &Variables::from([("CI", "false")]),
                Environment::Production,
            ),
            (
                None,
                &Variables::from([("CI", "")]),
                Environment::Production,
            ),
            (
                None,
                &Variables::from([("JENKINS_URL", "https://ci/")]),
                Environment::Ci,
            ),
            (Some("staging"), &github, Environment::Staging),
            (Some("Production"), &github, Environment::Production),
            (Some("eu-west blue"), &github, Environment::Production),
            (Some("ci"), &nothing, Environment::Ci),
        ] {
            assert_eq!(
                environment(configured, variables),
                expected,
                "{configured:?} {variables:?}"
            );
        }
    }
}
