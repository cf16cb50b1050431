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
    pub(crate) fn session(&self, session: &Session) -> String {
        let kind = session.kind().as_str();
        let of_process = |process: &ProcessId| {
            self.hash(
                kind,
                &[&process.tgid.to_le_bytes(), &process.start_ns.to_le_bytes()],
            )
        };
        match session {
            Session::Exec(root) | Session::Processes(root) => of_process(root),
            Session::Container(id) => self.hash(kind, &[id.as_bytes()]),
            Session::Login(number) => self.hash(kind, &[&number.to_le_bytes()]),
            Session::Unit(path) => self.hash(kind, &[path.as_bytes()]),
        }
    }

    /// Trace id of the slice of a session that opened then; never all zero.
    pub(crate) fn trace(&self, session: &str, opened_ns: u64) -> [u8; 16] {
        let hash = self.hash128("trace", &[session.as_bytes(), &opened_ns.to_le_bytes()]);
        hash.max(1).to_be_bytes()
    }

    /// Span id of the root of a slice; never all zero.
    pub(crate) fn root_span(&self, trace_id: &[u8; 16]) -> [u8; 8] {
        self.hash64("root span", &[trace_id])
    }

    /// Span id of a process in a slice; never all zero.
    pub(crate) fn span(&self, trace_id: &[u8; 16], process: ProcessId) -> [u8; 8] {
        self.hash64(
            "span",
            &[
                trace_id,
                &process.tgid.to_le_bytes(),
                &process.start_ns.to_le_bytes(),
            ],
        )
    }

    /// What is remembered of an executable that fired a recipe.
    pub(crate) fn seen(&self, recipe: &str, executable: &str) -> u64 {
        // Not the boot id: what was seen before a restart of the host was seen.
        keyed(
            &self.key,
            "seen",
            &[recipe.as_bytes(), executable.as_bytes()],
        ) as u64
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
        format!("{:032x}", self.hash128(domain, inputs))
    }

    fn hash64(&self, domain: &str, inputs: &[&[u8]]) -> [u8; 8] {
        (self.hash128(domain, inputs) as u64).max(1).to_be_bytes()
    }

    fn hash128(&self, domain: &str, inputs: &[&[u8]]) -> u128 {
        let inputs: Vec<&[u8]> = std::iter::once(self.boot_id.as_bytes())
            .chain(inputs.iter().copied())
            .collect();
        keyed(&self.key, domain, &inputs)
    }
}

fn keyed(key: &[u8; 16], domain: &str, inputs: &[&[u8]]) -> u128 {
    let mut hasher = SipHasher24::new_with_key(key);
    for input in std::iter::once(&domain.as_bytes()).chain(inputs) {
        hasher.write(&(input.len() as u64).to_le_bytes());
        hasher.write(input);
    }
    hasher.finish128().as_u128()
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
            ids(1, "a").session(&Session::Processes(process(1, 2))),
            ids(1, "a").session(&Session::Exec(process(1, 2))),
            ids(1, "a").session(&Session::Login(1)),
            ids(1, "a").session(&Session::Unit("1".into())),
            ids(1, "a").session(&Session::Container("1".into())),
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
