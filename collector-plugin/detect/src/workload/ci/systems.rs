//! What each CI system calls its variables.

use serde::{Deserialize, Serialize};

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

/// A CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CiSystem {
    /// GitHub Actions, and what imitates it: Gitea and Forgejo.
    GitHub,
    /// GitLab CI/CD.
    GitLab,
    /// Azure Pipelines.
    Azure,
    /// Buildkite.
    Buildkite,
    /// CircleCI.
    CircleCi,
    /// Jenkins. It has no variable of its own that is always there, so it is asked last.
    Jenkins,
}

impl CiSystem {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 6] = [
        Self::GitHub,
        Self::GitLab,
        Self::Azure,
        Self::Buildkite,
        Self::CircleCi,
        Self::Jenkins,
    ];

    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github_actions",
            Self::GitLab => "gitlab",
            Self::Azure => "azure_pipelines",
            Self::Buildkite => "buildkite",
            Self::CircleCi => "circleci",
            Self::Jenkins => "jenkins",
        }
    }

    /// Whether the variables are those of a job of this system.
    pub(super) fn is_running(self, variables: Variables<'_>) -> bool {
        match self {
            Self::GitHub => variables.is_true("GITHUB_ACTIONS"),
            Self::GitLab => variables.is_true("GITLAB_CI"),
            Self::Azure => variables.is_true("TF_BUILD"),
            Self::Buildkite => variables.is_true("BUILDKITE"),
            Self::CircleCi => variables.is_true("CIRCLECI"),
            Self::Jenkins => {
                let tag = variables.get("BUILD_TAG");
                variables.get("JOB_NAME").is_some()
                    && variables.get("BUILD_NUMBER").is_some()
                    && (variables.get("JENKINS_URL").is_some()
                        || tag.is_some_and(|tag| tag.starts_with("jenkins-")))
            }
        }
    }

    /// What the variables say.
    pub(super) fn job(self, variables: Variables<'_>) -> CiJob {
        match self {
            Self::GitHub => github(variables),
            Self::GitLab => gitlab(variables),
            Self::Azure => azure(variables),
            Self::Buildkite => buildkite(variables),
            Self::CircleCi => circleci(variables),
            Self::Jenkins => jenkins(variables),
        }
    }
}

fn github(variables: Variables<'_>) -> CiJob {
    let repository = variables
        .get("GITHUB_SERVER_URL")
        .zip(variables.get("GITHUB_REPOSITORY"))
        .and_then(|(server, repository)| url::below(server, repository));
    let run = variables.number("GITHUB_RUN_ID");
    CiJob {
        system: CiSystem::GitHub,
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
        system: CiSystem::GitLab,
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
        system: CiSystem::Azure,
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
        system: CiSystem::CircleCi,
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
