//! Identities on the wire: keyed hashes, the same for the same inputs.

use std::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::process::{ProcessId, Session};

/// Hashes what identifies a thing to 32 lower-case hex digits.
///
/// Keyed, so that neither pids nor start times can be read from an identity, and nobody without the key
/// can make one collide. Every input is preceded by its length: no two lists of inputs are the same bytes.
#[derive(Clone, Debug)]
pub(crate) struct Identities {
    key: [u8; 16],
    boot_id: String,
}

impl Identities {
    pub(crate) fn new(key: [u8; 16], boot_id: String) -> Self {
        Self { key, boot_id }
    }

    /// `scoutline.process.uid`.
    pub(crate) fn process(&self, process: ProcessId) -> String {
        self.hash(
            "process",
            &[&process.tgid.to_le_bytes(), &process.start_ns.to_le_bytes()],
        )
    }

    /// `scoutline.session.uid`.
    pub(crate) fn session(&self, session: Session) -> String {
        let (domain, process) = match session {
            Session::Posix(leader) => ("session", leader),
            Session::Tree(root) => ("tree", root),
        };
        self.hash(
            domain,
            &[&process.tgid.to_le_bytes(), &process.start_ns.to_le_bytes()],
        )
    }

    /// `scoutline.detection.uid`.
    pub(crate) fn detection(
        &self,
        session: &str,
        recipe: &str,
        kind: &str,
        executable: &str,
        first_ns: u64,
        serial: u64,
    ) -> String {
        self.hash(
            "detection",
            &[
                session.as_bytes(),
                recipe.as_bytes(),
                kind.as_bytes(),
                executable.as_bytes(),
                &first_ns.to_le_bytes(),
                &serial.to_le_bytes(),
            ],
        )
    }

    /// `log.record.uid`.
    pub(crate) fn record(&self, start_id: &str, sequence: u64) -> String {
        self.hash("record", &[start_id.as_bytes(), &sequence.to_le_bytes()])
    }

    fn hash(&self, domain: &str, inputs: &[&[u8]]) -> String {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        for input in [domain.as_bytes(), self.boot_id.as_bytes()]
            .iter()
            .chain(inputs)
        {
            hasher.write(&(input.len() as u64).to_le_bytes());
            hasher.write(input);
        }
        format!("{:032x}", hasher.finish128().as_u128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_on_every_input_and_nothing_else() {
        let ids = |key, boot: &str| Identities::new([key; 16], boot.to_owned());
        let process = |tgid, start_ns| ProcessId { tgid, start_ns };
        let uids = [
            ids(1, "a").process(process(1, 2)),
            ids(2, "a").process(process(1, 2)),
            ids(1, "b").process(process(1, 2)),
            ids(1, "a").process(process(2, 2)),
            ids(1, "a").process(process(1, 3)),
            ids(1, "a").session(Session::Posix(process(1, 2))),
            ids(1, "a").session(Session::Tree(process(1, 2))),
            ids(1, "a").detection("a", "b", "c", "d", 1, 1),
            ids(1, "a").detection("ab", "", "c", "d", 1, 1),
            ids(1, "a").record("a", 1),
        ];
        for (index, uid) in uids.iter().enumerate() {
            assert_eq!(uid.len(), 32);
            assert!(uid.bytes().all(|byte| b"0123456789abcdef".contains(&byte)));
            assert!(!uids[..index].contains(uid), "{uid} twice");
        }
        assert_eq!(uids[0], ids(1, "a").process(process(1, 2)));
    }
}
