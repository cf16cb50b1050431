//! Who did it, in the words of the wire.

use std::collections::BTreeMap;

use scoutline_semconv::Setters as _;

use super::capabilities;
use crate::Attributes;
use crate::detection::{Learned, Subject};
use crate::identity::Identities;
use crate::process::{Image, ProcessId};
use crate::redact::{CommandArgs, arguments};
use crate::sessions::Job;

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
        attributes.process_pid(task.tgid.into());
        attributes.process_vpid(task.vpid.into());
        attributes.process_parent_pid(task.parent_tgid.into());
        attributes.time(Attributes::process_creation_time, subject.created_unix_ns);
        if subject.leader.tgid != 0 {
            attributes.process_session_leader_pid(subject.leader.tgid.into());
        }
        attributes.process_interactive(task.tty != 0);
        attributes.known(
            Attributes::process_linux_cgroup,
            subject.place.as_ref().map(|place| &*place.path),
        );
        for (setter, namespace) in [
            (
                Attributes::scoutline_process_namespace_pid as fn(&mut _, _),
                task.pid_ns,
            ),
            (Attributes::scoutline_process_namespace_mount, task.mnt_ns),
            (Attributes::scoutline_process_namespace_network, task.net_ns),
            (Attributes::scoutline_process_namespace_user, task.user_ns),
        ] {
            // Not known of a process that is ending.
            if namespace != 0 {
                setter(attributes, namespace.into());
            }
        }
    }

    fn image(&self, image: &Image, learned: &Learned, attributes: &mut Attributes) {
        attributes.process_executable_path(&image.path);
        attributes.process_executable_name(&image.name);
        let args = arguments(image.argv(), image.is_argv_cut(), self.command_args);
        attributes.process_command_args(args.iter().map(|text| &**text));
        attributes.known(
            Attributes::process_working_directory,
            image.working_directory().as_deref(),
        );
        attributes.known(
            Attributes::scoutline_process_script,
            image.script.as_deref(),
        );
        attributes.scoutline_process_executable_deleted(image.is_deleted);
        attributes.scoutline_process_executable_memfd(image.is_memfd);
        let in_folder = |folder: &&str| image.path.starts_with(*folder);
        attributes.scoutline_process_executable_writable_location(
            image.is_world_writable || WRITABLE_FOLDERS.iter().any(in_folder),
        );
        attributes.known(
            Attributes::scoutline_process_executable_sha256,
            learned.sha256.as_deref(),
        );
    }

    fn credentials(&self, subject: &Subject, attributes: &mut Attributes) {
        let task = &subject.task;
        attributes.process_user_id(task.euid.into());
        attributes.known(Attributes::process_user_name, self.user(task.euid));
        attributes.process_real_user_id(task.uid.into());
        let capabilities = capabilities::names(task.capabilities);
        attributes.scoutline_process_capabilities(capabilities.iter().map(String::as_str));
        if let Some(user) = subject.root.user {
            attributes.scoutline_process_user_changed(user != task.euid);
        }
    }

    fn lineage(&self, subject: &Subject, attributes: &mut Attributes) {
        let task = &subject.task;
        let uid = |process| self.identities.process(process);
        attributes.scoutline_process_uid(&uid(ProcessId::of(task)));
        if task.parent_tgid != 0 {
            attributes.scoutline_process_parent_uid(&uid(ProcessId::parent_of(task)));
        }
        attributes.known(
            Attributes::scoutline_process_parent_executable_path,
            subject.parent_executable.as_deref(),
        );
        let ancestors = subject.lineage.ancestors.iter();
        attributes.scoutline_process_ancestors(
            ancestors.map(|ancestor| ancestor.executable.as_deref().unwrap_or(UNKNOWN)),
        );
        attributes.scoutline_process_lineage_incomplete(!subject.lineage.is_complete);
    }

    fn session(&self, subject: &Subject, learned: &Learned, attributes: &mut Attributes) {
        attributes.scoutline_session_uid(&subject.session_uid);
        attributes.scoutline_session_kind(subject.session.kind());
        if let Some(user) = subject.root.user {
            attributes.scoutline_session_user_id(user.into());
            attributes.known(Attributes::scoutline_session_user_name, self.user(user));
        }
        if let Some(login) = &learned.session.login {
            attributes.login(login);
        }
    }
}

/// In place of an executable that nobody saw.
pub(super) const UNKNOWN: &str = "?";

fn job(learned: &Learned, attributes: &mut Attributes) {
    let Some(Job { job, is_trusted }) = &learned.session.job else {
        return;
    };
    attributes.scoutline_ci_trusted(*is_trusted);
    attributes.scoutline_ci_system(job.system);
    attributes.known(Attributes::cicd_pipeline_name, job.pipeline.as_deref());
    attributes.known(Attributes::cicd_pipeline_run_id, job.run_id.as_deref());
    attributes.known(
        Attributes::cicd_pipeline_run_url_full,
        job.run_url.as_deref(),
    );
    attributes.known(Attributes::cicd_pipeline_task_name, job.task.as_deref());
    attributes.known(
        Attributes::vcs_repository_url_full,
        job.repository_url.as_deref(),
    );
    attributes.known(Attributes::vcs_ref_head_name, job.ref_name.as_deref());
    attributes.known(Attributes::vcs_ref_head_revision, job.revision.as_deref());
}
