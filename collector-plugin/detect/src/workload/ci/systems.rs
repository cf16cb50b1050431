//! What each CI system calls its variables.

use scoutline_semconv::values::CiSystem;

use super::{CiJob, Variables, url};

/// All variables that are read. None of them holds a secret, but for a password in a URL that somebody put there.
pub const CI_VARIABLES: &[&str] = &[
    // GitHub Actions: docs.github.com, "Variables reference".
    "GITHUB_ACTIONS",
    "GITHUB_HEAD_REF",
    "GITHUB_JOB",
    "GITHUB_REF_NAME",
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "GITHUB_SERVER_URL",
    "GITHUB_SHA",
    "GITHUB_WORKFLOW",
    // GitLab: docs.gitlab.com, "Predefined CI/CD variables". CI_REPOSITORY_URL is left out: it holds the job's token.
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_SHA",
    "CI_JOB_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_PIPELINE_ID",
    "CI_PIPELINE_NAME",
    "CI_PIPELINE_URL",
    "CI_PROJECT_PATH",
    "CI_PROJECT_URL",
    "GITLAB_CI",
    // Azure Pipelines: learn.microsoft.com, "Use predefined variables".
    "AGENT_JOBNAME",
    "BUILD_BUILDID",
    "BUILD_DEFINITIONNAME",
    "BUILD_REPOSITORY_URI",
    "BUILD_SOURCEBRANCH",
    "BUILD_SOURCEVERSION",
    "SYSTEM_COLLECTIONURI",
    "SYSTEM_JOBDISPLAYNAME",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
    "SYSTEM_TEAMPROJECT",
    "TF_BUILD",
    // Buildkite: buildkite.com/docs, "Environment variables".
    "BUILDKITE",
    "BUILDKITE_BRANCH",
    "BUILDKITE_BUILD_ID",
    "BUILDKITE_BUILD_URL",
    "BUILDKITE_COMMIT",
    "BUILDKITE_LABEL",
    "BUILDKITE_PIPELINE_NAME",
    "BUILDKITE_PIPELINE_SLUG",
    "BUILDKITE_REPO",
    "BUILDKITE_STEP_KEY",
    "BUILDKITE_TAG",
    // CircleCI: circleci.com/docs, "Project values and variables".
    "CIRCLECI",
    "CIRCLE_BRANCH",
    "CIRCLE_BUILD_NUM",
    "CIRCLE_BUILD_URL",
    "CIRCLE_JOB",
    "CIRCLE_PROJECT_REPONAME",
    "CIRCLE_PROJECT_USERNAME",
    "CIRCLE_REPOSITORY_URL",
    "CIRCLE_SHA1",
    "CIRCLE_TAG",
    "CIRCLE_WORKFLOW_ID",
    // Jenkins: its page "Global Variable Reference"; GIT_ ones are of the Git plugin.
    "BRANCH_NAME",
    "BUILD_ID",
    "BUILD_NUMBER",
    "BUILD_TAG",
    "BUILD_URL",
    "CHANGE_BRANCH",
    "GIT_BRANCH",
    "GIT_COMMIT",
    "GIT_LOCAL_BRANCH",
    "GIT_URL",
    "GIT_URL_1",
    "JENKINS_URL",
    "JOB_NAME",
    "STAGE_NAME",
    "TAG_NAME",
];

/// How a system is told from the others, and what its variables say.
pub(super) struct System {
    pub(super) is_running: fn(Variables<'_>) -> bool,
    pub(super) job: fn(Variables<'_>) -> CiJob,
}

/// In the order in which they are asked.
pub(super) static SYSTEMS: [System; 6] = [
    System {
        is_running: |variables| variables.is_true("GITHUB_ACTIONS"),
        job: github,
    },
    System {
        is_running: |variables| variables.is_true("GITLAB_CI"),
        job: gitlab,
    },
    System {
        is_running: |variables| variables.is_true("TF_BUILD"),
        job: azure,
    },
    System {
        is_running: |variables| variables.is_true("BUILDKITE"),
        job: buildkite,
    },
    System {
        is_running: |variables| variables.is_true("CIRCLECI"),
        job: circleci,
    },
    // It has no variable of its own that is always there, so it is asked last.
    System {
        is_running: is_jenkins,
        job: jenkins,
    },
];

fn github(variables: Variables<'_>) -> CiJob {
    let repository = variables
        .get("GITHUB_SERVER_URL")
        .zip(variables.get("GITHUB_REPOSITORY"))
        .and_then(|(server, repository)| url::below(server, repository));
    let run = variables.number("GITHUB_RUN_ID");
    CiJob {
        system: CiSystem::GithubActions,
        pipeline: variables.text(&["GITHUB_WORKFLOW"]),
        run_id: variables.text(&["GITHUB_RUN_ID"]),
        run_url: repository
            .as_deref()
            .zip(run)
            .and_then(|(repository, run)| url::below(repository, &format!("actions/runs/{run}"))),
        task: variables.text(&["GITHUB_JOB"]),
        repository_url: repository,
        // Of a pull request GITHUB_REF_NAME is `12/merge`.
        ref_name: variables.reference(&["GITHUB_HEAD_REF", "GITHUB_REF_NAME"]),
        revision: variables.revision("GITHUB_SHA"),
    }
}

fn gitlab(variables: Variables<'_>) -> CiJob {
    CiJob {
        system: CiSystem::Gitlab,
        pipeline: variables.text(&["CI_PIPELINE_NAME", "CI_PROJECT_PATH"]),
        run_id: variables.text(&["CI_PIPELINE_ID"]),
        run_url: variables.get("CI_PIPELINE_URL").and_then(url::page),
        task: variables.text(&["CI_JOB_NAME"]),
        repository_url: variables.get("CI_PROJECT_URL").and_then(url::repository),
        ref_name: variables
            .reference(&["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"]),
        revision: variables.revision("CI_COMMIT_SHA"),
    }
}

fn azure(variables: Variables<'_>) -> CiJob {
    let collection = variables
        .get("SYSTEM_COLLECTIONURI")
        .or_else(|| variables.get("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"));
    let run_url = collection
        .zip(variables.get("SYSTEM_TEAMPROJECT"))
        .zip(variables.number("BUILD_BUILDID"))
        .and_then(|((collection, project), run)| {
            let project = project.replace(' ', "%20");
            let page = url::below(collection, &format!("{project}/_build/results"))?;
            Some(format!("{page}?buildId={run}"))
        });
    CiJob {
        system: CiSystem::AzurePipelines,
        pipeline: variables.text(&["BUILD_DEFINITIONNAME"]),
        run_id: variables.text(&["BUILD_BUILDID"]),
        run_url,
        task: variables.text(&["SYSTEM_JOBDISPLAYNAME", "AGENT_JOBNAME"]),
        repository_url: variables
            .get("BUILD_REPOSITORY_URI")
            .and_then(url::repository),
        ref_name: variables.reference(&["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"]),
        revision: variables.revision("BUILD_SOURCEVERSION"),
    }
}

fn buildkite(variables: Variables<'_>) -> CiJob {
    CiJob {
        system: CiSystem::Buildkite,
        pipeline: variables.text(&["BUILDKITE_PIPELINE_NAME", "BUILDKITE_PIPELINE_SLUG"]),
        run_id: variables.text(&["BUILDKITE_BUILD_ID"]),
        run_url: variables.get("BUILDKITE_BUILD_URL").and_then(url::page),
        task: variables.text(&["BUILDKITE_LABEL", "BUILDKITE_STEP_KEY"]),
        repository_url: variables.get("BUILDKITE_REPO").and_then(url::repository),
        ref_name: variables.reference(&["BUILDKITE_TAG", "BUILDKITE_BRANCH"]),
        revision: variables.revision("BUILDKITE_COMMIT"),
    }
}

fn circleci(variables: Variables<'_>) -> CiJob {
    let project = variables
        .get("CIRCLE_PROJECT_USERNAME")
        .zip(variables.get("CIRCLE_PROJECT_REPONAME"))
        .map(|(user, repository)| format!("{user}/{repository}"));
    CiJob {
        system: CiSystem::Circleci,
        pipeline: project.map(|project| super::cut(super::readable(project.as_bytes()))),
        run_id: variables.text(&["CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"]),
        run_url: variables.get("CIRCLE_BUILD_URL").and_then(url::page),
        task: variables.text(&["CIRCLE_JOB"]),
        repository_url: variables
            .get("CIRCLE_REPOSITORY_URL")
            .and_then(url::repository),
        ref_name: variables.reference(&["CIRCLE_TAG", "CIRCLE_BRANCH"]),
        revision: variables.revision("CIRCLE_SHA1"),
    }
}

fn is_jenkins(variables: Variables<'_>) -> bool {
    let tag = variables.get("BUILD_TAG");
    variables.get("JOB_NAME").is_some()
        && variables.get("BUILD_NUMBER").is_some()
        && (variables.get("JENKINS_URL").is_some()
            || tag.is_some_and(|tag| tag.starts_with("jenkins-")))
}

fn jenkins(variables: Variables<'_>) -> CiJob {
    let repository = variables
        .get("GIT_URL")
        .or_else(|| variables.get("GIT_URL_1"));
    CiJob {
        system: CiSystem::Jenkins,
        pipeline: variables.text(&["JOB_NAME"]),
        run_id: variables.text(&["BUILD_ID", "BUILD_NUMBER"]),
        run_url: variables.get("BUILD_URL").and_then(url::page),
        task: variables.text(&["STAGE_NAME"]),
        repository_url: repository.and_then(url::repository),
        // Of a change request BRANCH_NAME is `PR-12`.
        ref_name: variables.reference(&[
            "CHANGE_BRANCH",
            "TAG_NAME",
            "BRANCH_NAME",
            "GIT_LOCAL_BRANCH",
            "GIT_BRANCH",
        ]),
        revision: variables.revision("GIT_COMMIT"),
    }
}
