use proptest::prelude::*;

use super::*;

const SHA: &str = "ffac537e6cbbf934b08745a378932722df287a53";

fn environ(variables: &[(&str, &str)]) -> Vec<u8> {
    variables
        .iter()
        .flat_map(|(name, value)| format!("{name}={value}\0").into_bytes())
        .collect()
}

fn read(variables: &[(&str, &str)]) -> Option<CiJob> {
    job(&filter(&environ(variables)))
}

/// System, pipeline, run, its page, task, repository, reference, revision.
fn words(job: &CiJob) -> [&str; 8] {
    fn word(word: &Option<String>) -> &str {
        word.as_deref().unwrap_or("-")
    }
    [
        job.system.as_str(),
        word(&job.pipeline),
        word(&job.run_id),
        word(&job.run_url),
        word(&job.task),
        word(&job.repository_url),
        word(&job.ref_name),
        word(&job.revision),
    ]
}

const GITHUB: &[(&str, &str)] = &[
    ("CI", "true"),
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_WORKFLOW", "Build and test"),
    ("GITHUB_RUN_ID", "1658821493"),
    ("GITHUB_RUN_NUMBER", "3"),
    ("GITHUB_JOB", "unit"),
    ("GITHUB_REPOSITORY", "octo-org/hello.world"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_REF", "refs/pull/12/merge"),
    ("GITHUB_REF_NAME", "12/merge"),
    ("GITHUB_HEAD_REF", "feature/x"),
    ("GITHUB_SHA", SHA),
    ("GITHUB_TOKEN", "hidden"),
];

const GITLAB: &[(&str, &str)] = &[
    ("CI", "true"),
    ("GITLAB_CI", "true"),
    ("CI_PIPELINE_ID", "1000"),
    (
        "CI_PIPELINE_URL",
        "https://gitlab.example.org/group/app/-/pipelines/1000",
    ),
    ("CI_PROJECT_PATH", "group/app"),
    ("CI_PROJECT_URL", "https://gitlab.example.org/group/app"),
    (
        "CI_REPOSITORY_URL",
        "https://gitlab-ci-token:hidden@gitlab.example.org/group/app.git",
    ),
    ("CI_JOB_TOKEN", "hidden"),
    ("CI_JOB_NAME", "rspec: [ruby, 3.2]"),
    ("CI_COMMIT_REF_NAME", "main"),
    ("CI_COMMIT_SHA", SHA),
];

const AZURE: &[(&str, &str)] = &[
    ("TF_BUILD", "True"),
    ("BUILD_BUILDID", "42"),
    ("BUILD_BUILDNUMBER", "20240501.1"),
    ("BUILD_DEFINITIONNAME", "app CI"),
    (
        "BUILD_REPOSITORY_URI",
        "https://fabrikam@dev.azure.com/fabrikam/My%20Project/_git/app",
    ),
    ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
    ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/users/me/x"),
    ("BUILD_SOURCEVERSION", SHA),
    ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/fabrikam/"),
    ("SYSTEM_TEAMPROJECT", "My Project"),
    ("SYSTEM_JOBDISPLAYNAME", "Linux tests"),
    ("SYSTEM_ACCESSTOKEN", "hidden"),
];

const BUILDKITE: &[(&str, &str)] = &[
    ("BUILDKITE", "true"),
    ("BUILDKITE_PIPELINE_NAME", "My Project"),
    ("BUILDKITE_PIPELINE_SLUG", "my-project"),
    ("BUILDKITE_BUILD_ID", "9e08ef3c-d6e6-4a86-91dd-577ce5205b8e"),
    (
        "BUILDKITE_BUILD_URL",
        "https://buildkite.com/acme-inc/my-project/builds/1514",
    ),
    ("BUILDKITE_LABEL", ":hammer: Specs"),
    ("BUILDKITE_REPO", "git@github.com:acme-inc/my-project.git"),
    ("BUILDKITE_BRANCH", "main"),
    ("BUILDKITE_TAG", ""),
    ("BUILDKITE_COMMIT", "HEAD"),
    ("BUILDKITE_AGENT_ACCESS_TOKEN", "hidden"),
];

const CIRCLECI: &[(&str, &str)] = &[
    ("CIRCLECI", "true"),
    ("CIRCLE_PROJECT_USERNAME", "acme"),
    ("CIRCLE_PROJECT_REPONAME", "app"),
    ("CIRCLE_WORKFLOW_ID", "5034460f-c7c4-4c43-9457-de07e2029e7b"),
    ("CIRCLE_BUILD_NUM", "123"),
    ("CIRCLE_BUILD_URL", "https://circleci.com/gh/acme/app/123"),
    ("CIRCLE_JOB", "test"),
    (
        "CIRCLE_REPOSITORY_URL",
        "ssh://git@github.com:22/acme/app.git",
    ),
    ("CIRCLE_TAG", "v1.2"),
    ("CIRCLE_SHA1", SHA),
    ("CIRCLE_OIDC_TOKEN", "hidden"),
];

const JENKINS: &[(&str, &str)] = &[
    ("JENKINS_URL", "http://jenkins:8080/"),
    ("JOB_NAME", "folder/app/PR-12"),
    ("BUILD_NUMBER", "153"),
    ("BUILD_ID", "153"),
    ("BUILD_TAG", "jenkins-folder-app-PR-12-153"),
    ("BUILD_URL", "http://jenkins:8080/job/folder/job/app/153/"),
    ("STAGE_NAME", "Test"),
    (
        "GIT_URL",
        "https://me:hidden@git.example.org:8443/scm/app.git",
    ),
    ("GIT_BRANCH", "origin/main"),
    ("GIT_COMMIT", SHA),
    ("SECRET_KEY", "hidden"),
];

#[test]
fn knows_each_system() {
    let cases = [
        (
            GITHUB,
            [
                "github_actions",
                "Build and test",
                "1658821493",
                "https://github.com/octo-org/hello.world/actions/runs/1658821493",
                "unit",
                "https://github.com/octo-org/hello.world",
                "feature/x",
                SHA,
            ],
        ),
        (
            GITLAB,
            [
                "gitlab",
                "group/app",
                "1000",
                "https://gitlab.example.org/group/app/-/pipelines/1000",
                "rspec: [ruby, 3.2]",
                "https://gitlab.example.org/group/app",
                "main",
                SHA,
            ],
        ),
        (
            AZURE,
            [
                "azure_pipelines",
                "app CI",
                "42",
                "https://dev.azure.com/fabrikam/My%20Project/_build/results?buildId=42",
                "Linux tests",
                "https://dev.azure.com/fabrikam/My%20Project/_git/app",
                "users/me/x",
                SHA,
            ],
        ),
        (
            BUILDKITE,
            [
                "buildkite",
                "My Project",
                "9e08ef3c-d6e6-4a86-91dd-577ce5205b8e",
                "https://buildkite.com/acme-inc/my-project/builds/1514",
                ":hammer: Specs",
                "https://github.com/acme-inc/my-project",
                "main",
                "-",
            ],
        ),
        (
            CIRCLECI,
            [
                "circleci",
                "acme/app",
                "5034460f-c7c4-4c43-9457-de07e2029e7b",
                "https://circleci.com/gh/acme/app/123",
                "test",
                "https://github.com/acme/app",
                "v1.2",
                SHA,
            ],
        ),
        (
            JENKINS,
            [
                "jenkins",
                "folder/app/PR-12",
                "153",
                "http://jenkins:8080/job/folder/job/app/153/",
                "Test",
                "https://git.example.org:8443/scm/app",
                "main",
                SHA,
            ],
        ),
    ];
    for (variables, expected) in cases {
        let job = read(variables).expect("it is a job");
        assert_eq!(words(&job), expected);
        assert!(!format!("{job:?}").contains("hidden"));
        // What the allow-list leaves out is not missed.
        let all = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(super::job(&all), Some(job));
    }
}

#[test]
fn names_variables_once_and_no_secrets() {
    for (index, name) in CI_VARIABLES.iter().enumerate() {
        assert!(!CI_VARIABLES[..index].contains(name), "{name} twice");
        let is_secret = ["TOKEN", "SECRET", "PASSWORD", "KEY"]
            .iter()
            .any(|word| name.contains(word));
        assert!(!is_secret || *name == "BUILDKITE_STEP_KEY", "{name}");
    }
}

#[test]
fn is_no_job_without_a_system() {
    assert_eq!(read(&[]), None);
    assert_eq!(read(&[("CI", "true"), ("GITHUB_RUN_ID", "1")]), None);
    assert_eq!(read(&[("GITHUB_ACTIONS", "false")]), None);
    // A make variable of somebody's, not Jenkins.
    assert_eq!(read(&[("JOB_NAME", "x"), ("BUILD_NUMBER", "1")]), None);
    let job = read(&[("GITHUB_ACTIONS", "true")]).expect("it says so");
    assert_eq!(
        words(&job),
        ["github_actions", "-", "-", "-", "-", "-", "-", "-"]
    );
}

#[test]
fn takes_only_what_is_allowed() {
    let kept = filter(b"PATH=/bin\0GITHUB_JOB=a=b\0GITHUB_TOKEN=x\0GITHUB_JOB=c\0TRACEPARENT=00\0X\0=\0\0GITLAB_CI=");
    let kept: Vec<_> = kept
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        kept,
        [
            ("GITHUB_JOB", "a=b"),
            ("GITLAB_CI", ""),
            ("TRACEPARENT", "00")
        ]
    );
}

#[test]
fn cleans_repositories() {
    let cases = [
        ("https://github.com/o/r.git", Some("https://github.com/o/r")),
        (
            "HTTPS://me:pa:ss@github.com/o/r/",
            Some("https://github.com/o/r"),
        ),
        (
            "https://p@ss@github.com/o/r",
            Some("https://github.com/o/r"),
        ),
        (
            "https://github.com/o/r.git?token=x#y",
            Some("https://github.com/o/r"),
        ),
        ("http://10.0.0.1:3000/o/r", Some("http://10.0.0.1:3000/o/r")),
        (
            "https://[2001:db8::1]:3000/o/r",
            Some("https://[2001:db8::1]:3000/o/r"),
        ),
        ("git@github.com:o/r.git", Some("https://github.com/o/r")),
        ("github.com:o/r", Some("https://github.com/o/r")),
        ("org-1@github.com:/o/r.git", Some("https://github.com/o/r")),
        ("ssh://git@host:2222/o/r.git", Some("https://host/o/r")),
        ("git://host/o/r", Some("https://host/o/r")),
        // The slash is in a password, so what seems to be the host may be its beginning.
        ("https://me:pa/ss@host/o/r", None),
        ("https://to/ken@host/o/r", None),
        ("https://host/o/r?x=to/ken@y", None),
        ("https://me:pass word@host/o/r", Some("https://host/o/r")),
        ("https://host:port/o/r", None),
        ("https:///o/r", None),
        ("https://host/o r", None),
        ("https://host/o\\u{a}r", None),
        ("https://höst/o", None),
        ("git@host:to@ken/r", None),
        ("file:///srv/git/r.git", None),
        ("/srv/git/r.git", None),
        ("C:\\src\\r", None),
        ("javascript:alert(1)", None),
        ("alias:o/r", None),
        ("", None),
        (":", None),
    ];
    for (url, expected) in cases {
        assert_eq!(url::repository(url).as_deref(), expected, "{url}");
    }
}

#[test]
fn survives_hostile_values() {
    let long = "x".repeat(100_000);
    let job = read(&[
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_WORKFLOW", &long),
        ("GITHUB_RUN_ID", "1/../../evil"),
        ("GITHUB_JOB", "a\n\x1b[31m\u{202e}b"),
        ("GITHUB_SERVER_URL", "https://me:hidden@github.com?x"),
        ("GITHUB_REPOSITORY", "o/r?x=@y"),
        ("GITHUB_REF_NAME", "refs/heads/"),
        ("GITHUB_SHA", "ffac537; rm"),
    ])
    .expect("it is a job");
    assert!(
        job.pipeline
            .as_deref()
            .is_some_and(|name| name.len() <= STRING_BYTES)
    );
    assert_eq!(
        words(&job)[2..],
        [
            "1/../../evil",
            "-",
            "a\\u{a}\\u{1b}[31m\\u{202e}b",
            "-",
            "-",
            "-"
        ]
    );
    let job = read(&[
        ("GITLAB_CI", "true"),
        ("CI_PROJECT_URL", &format!("https://host/{long}")),
    ]);
    assert_eq!(job.and_then(|job| job.repository_url), None);
}

proptest! {
    #[test]
    fn is_bounded_and_readable(
        values in prop::collection::vec(".{0,40}|(https|ssh)://.{0,30}@.{0,30}|git@.{1,20}:.{0,20}", CI_VARIABLES.len()),
        marker in prop::sample::select(vec!["GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "BUILDKITE", "CIRCLECI", "JENKINS_URL"]),
    ) {
        let mut variables: BTreeMap<String, String> = CI_VARIABLES
            .iter()
            .zip(values)
            .map(|(name, value)| ((*name).to_owned(), value))
            .collect();
        variables.insert(marker.to_owned(), "true".to_owned());
        if let Some(job) = job(&variables) {
            for word in words(&job) {
                prop_assert!(word.len() <= STRING_BYTES);
                prop_assert_eq!(&readable(word.as_bytes()), word);
            }
        }
    }

    #[test]
    fn no_password_survives(
        user in "[a-z]{1,5}",
        password in "[A-Za-z0-9:@/?#%+]{0,6}SECRET[A-Za-z0-9:@/?#%+]{0,6}",
        scheme in "https|http|ssh",
    ) {
        for url in [format!("{scheme}://{user}:{password}@host/o/r.git"), format!("{scheme}://{password}@host/o/r.git")] {
            let found = [url::repository(&url), url::page(&url)];
            for url in found.into_iter().flatten() {
                prop_assert!(!url.contains("SECRET"), "{url}");
            }
        }
    }

    #[test]
    fn takes_any_bytes(environ in prop::collection::vec(any::<u8>(), 0..3000)) {
        job(&filter(&environ));
    }
}
