//! Who did it, in the words of the wire.

use std::collections::BTreeMap;

use scoutline_semconv::attr;

use super::{Attributes, capabilities};
use crate::detection::{Learned, Subject};
use crate::identity::Identities;
use crate::process::{Image, ProcessId};
use crate::redact::{CommandArgs, arguments};

/// Folders in which everybody may make files.
const WRITABLE_FOLDERS: [&str; 6] = [
    "/tmp/",
    "/var/tmp/",
    "/dev/shm/",
    "/dev/mqueue/",
    "/run/lock/",
    "/run/user/",
];

/// What reporting about processes needs to know.
#[derive(Debug)]
pub(super) struct Processes {
    pub(super) identities: Identities,
    pub(super) users: BTreeMap<u32, String>,
    pub(super) command_args: CommandArgs,
}

impl Processes {
    pub(super) fn user(&self, id: u32) -> Option<&str> {
        self.users.get(&id).map(String::as_str)
    }

    /// Everything about a process and its session.
    pub(super) fn report(&self, subject: &Subject, learned: &Learned, attributes: &mut Attributes) {
        self.process(subject, attributes);
        if let Some(image) = &subject.image {
            self.image(image, learned, attributes);
        }
        self.credentials(subject, attributes);
        self.lineage(subject, attributes);
        self.session(subject, learned, attributes);
        job(learned, attributes);
    }

    fn process(&self, subject: &Subject, attributes: &mut Attributes) {
        let task = &subject.task;
        attributes.set(attr::PROCESS_PID, task.tgid);
        attributes.set(attr::PROCESS_VPID, task.vpid);
        attributes.set(attr::PROCESS_PARENT_PID, task.parent_tgid);
        attributes.time(attr::PROCESS_CREATION_TIME, subject.created_unix_ns);
        if subject.leader.tgid != 0 {
            attributes.set(attr::PROCESS_SESSION_LEADER_PID, subject.leader.tgid);
        }
        attributes.set(attr::PROCESS_INTERACTIVE, task.tty != 0);
        if let Some(place) = &subject.place {
            attributes.text(attr::PROCESS_LINUX_CGROUP, &place.path);
        }
        for (name, namespace) in [
            (attr::SCOUTLINE_PROCESS_NAMESPACE_PID, task.pid_ns),
            (attr::SCOUTLINE_PROCESS_NAMESPACE_MOUNT, task.mnt_ns),
            (attr::SCOUTLINE_PROCESS_NAMESPACE_NETWORK, task.net_ns),
            (attr::SCOUTLINE_PROCESS_NAMESPACE_USER, task.user_ns),
        ] {
            if namespace != 0 {
                attributes.set(name, namespace);
            }
        }
    }

    fn image(&self, image: &Image, learned: &Learned, attributes: &mut Attributes) {
        attributes.text(attr::PROCESS_EXECUTABLE_PATH, &image.path);
        attributes.text(attr::PROCESS_EXECUTABLE_NAME, &image.name);
        let args = arguments(image.argv(), image.is_argv_cut(), self.command_args);
        attributes.texts(attr::PROCESS_COMMAND_ARGS, args.iter().map(|text| &**text));
        if let Some(directory) = image.working_directory() {
            attributes.text(attr::PROCESS_WORKING_DIRECTORY, &directory);
        }
        if let Some(script) = &image.script {
            attributes.text(attr::SCOUTLINE_PROCESS_SCRIPT, script);
        }
        attributes.set(attr::SCOUTLINE_PROCESS_EXECUTABLE_DELETED, image.is_deleted);
        attributes.set(attr::SCOUTLINE_PROCESS_EXECUTABLE_MEMFD, image.is_memfd);
        let in_folder = |folder: &&str| image.path.starts_with(*folder);
        attributes.set(
            attr::SCOUTLINE_PROCESS_EXECUTABLE_WRITABLE_LOCATION,
            image.is_world_writable || WRITABLE_FOLDERS.iter().any(in_folder),
        );
        if let Some(sha256) = &learned.sha256 {
            attributes.text(attr::SCOUTLINE_PROCESS_EXECUTABLE_SHA256, sha256);
        }
    }

    fn credentials(&self, subject: &Subject, attributes: &mut Attributes) {
        let task = &subject.task;
        attributes.set(attr::PROCESS_USER_ID, task.euid);
        if let Some(name) = self.user(task.euid) {
            attributes.text(attr::PROCESS_USER_NAME, name);
        }
        attributes.set(attr::PROCESS_REAL_USER_ID, task.uid);
        let capabilities = capabilities::names(task.capabilities);
        attributes.texts(
            attr::SCOUTLINE_PROCESS_CAPABILITIES,
            capabilities.iter().map(String::as_str),
        );
        if let Some(user) = subject.root.user {
            attributes.set(attr::SCOUTLINE_PROCESS_USER_CHANGED, user != task.euid);
        }
    }

    fn lineage(&self, subject: &Subject, attributes: &mut Attributes) {
        let task = &subject.task;
        attributes.set(
            attr::SCOUTLINE_PROCESS_UID,
            self.identities.process(ProcessId::of(task)),
        );
        if task.parent_tgid != 0 {
            attributes.set(
                attr::SCOUTLINE_PROCESS_PARENT_UID,
                self.identities.process(ProcessId::parent_of(task)),
            );
        }
        if let Some(path) = &subject.parent_executable {
            attributes.text(attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH, path);
        }
        let ancestors = subject.lineage.ancestors.iter();
        attributes.texts(
            attr::SCOUTLINE_PROCESS_ANCESTORS,
            ancestors.map(|ancestor| ancestor.executable.as_deref().unwrap_or(UNKNOWN)),
        );
        attributes.set(
            attr::SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE,
            !subject.lineage.is_complete,
        );
    }

    fn session(&self, subject: &Subject, learned: &Learned, attributes: &mut Attributes) {
        attributes.text(attr::SCOUTLINE_SESSION_UID, &subject.session_uid);
        attributes.set(attr::SCOUTLINE_SESSION_KIND, subject.session.kind());
        if let Some(user) = subject.root.user {
            attributes.set(attr::SCOUTLINE_SESSION_USER_ID, user);
            if let Some(name) = self.user(user) {
                attributes.text(attr::SCOUTLINE_SESSION_USER_NAME, name);
            }
        }
        let Some(login) = &learned.session.login else {
            return;
        };
        for (name, text) in [
            (attr::SCOUTLINE_SESSION_LOGIN_HOST, &login.host),
            (attr::SCOUTLINE_SESSION_LOGIN_TTY, &login.tty),
            (attr::SCOUTLINE_SESSION_LOGIN_SERVICE, &login.service),
        ] {
            if let Some(text) = text {
                attributes.text(name, text);
            }
        }
    }
}

/// In place of an executable that nobody saw.
pub(super) const UNKNOWN: &str = "?";

fn job(learned: &Learned, attributes: &mut Attributes) {
    let Some(job) = &learned.session.job else {
        return;
    };
    attributes.set(attr::SCOUTLINE_CI_TRUSTED, job.is_trusted);
    let job = &job.job;
    attributes.set(attr::SCOUTLINE_CI_SYSTEM, job.system.name());
    for (name, text) in [
        (attr::CICD_PIPELINE_NAME, &job.pipeline),
        (attr::CICD_PIPELINE_RUN_ID, &job.run_id),
        (attr::CICD_PIPELINE_RUN_URL_FULL, &job.run_url),
        (attr::CICD_PIPELINE_TASK_NAME, &job.task),
        (attr::VCS_REPOSITORY_URL_FULL, &job.repository_url),
        (attr::VCS_REF_HEAD_NAME, &job.ref_name),
        (attr::VCS_REF_HEAD_REVISION, &job.revision),
    ] {
        if let Some(text) = text {
            attributes.text(name, text);
        }
    }
}
