use std::collections::BTreeMap;

use scoutline_detect::recipe::Environment;
use scoutline_detect::{Answer, Scope};

use super::*;

fn preamble() -> Preamble {
    Preamble {
        sensor_version: "0.1.0".to_owned(),
        abi_version: raw::ABI_VERSION,
        facts: Facts {
            boot_id: "boot".to_owned(),
            start_id: "start".to_owned(),
            id_key: [7; 16],
            users: BTreeMap::from([(0, "root".to_owned())]),
            mounts: Vec::new(),
            environment: Environment::Staging,
            is_environment_configured: true,
            job: None,
            seen: Some(vec![u64::MAX]),
            sensor_tgid: 42,
            hook_open: "lsm/file_open".to_owned(),
            hook_exec: "tp_btf/sched_process_exec".to_owned(),
        },
        settings: Settings {
            window_ns: 1,
            scope: Scope::Tree,
            ..Settings::default()
        },
        resource: vec![("host.name".to_owned(), "web-1".to_owned())],
    }
}

fn steps() -> [Step<'static>; 5] {
    const KEY: FoldKey = FoldKey {
        program: 1,
        object: u64::MAX,
    };
    let clock = Clock {
        boot_to_unix_ns: -5,
    };
    [
        Step::Event {
            bytes: b"whatever the kernel wrote",
            observed_unix_ns: 17,
            clock,
        },
        Step::Advance {
            now: 18,
            counts: &[(KEY, 3)],
            clock,
        },
        Step::Answer {
            now: 18,
            answer: Answer {
                ticket: 9,
                traceparent: Some("00-x".to_owned()),
                ..Answer::default()
            },
            clock,
        },
        Step::Issue { now: 19, clock },
        Step::Finish {
            now: 19,
            counts: &[],
            clock,
        },
    ]
}

fn recording() -> Result<Vec<u8>, io::Error> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, &preamble())?;
    for step in steps() {
        writer.write(&step)?;
    }
    writer.finish()?;
    Ok(bytes)
}

/// Steps that can be read, and how it ended.
fn read(bytes: &[u8]) -> (usize, Option<ReadError>) {
    let mut reader = match Reader::new(bytes) {
        Ok((reader, _)) => reader,
        Err(error) => return (0, Some(error)),
    };
    let mut read = 0;
    loop {
        match reader.step() {
            Ok(Some(_)) => read += 1,
            Ok(None) => return (read, None),
            Err(error) => return (read, Some(error)),
        }
    }
}

#[test]
fn gives_back_what_was_written() -> Result<(), Box<dyn std::error::Error>> {
    let bytes = recording()?;
    let (mut reader, found) = Reader::new(bytes.as_slice())?;
    assert_eq!(found, preamble());
    for step in steps() {
        assert_eq!(reader.step()?, Some(step));
    }
    assert_eq!(reader.step()?, None);
    Ok(())
}

#[test]
fn a_cut_anywhere_loses_the_cut_step_alone() -> Result<(), Box<dyn std::error::Error>> {
    let bytes = recording()?;
    let (whole, _) = read(&bytes);
    assert_eq!(whole, steps().len());
    let mut most = 0;
    for len in 0..bytes.len() {
        let (read, error) = read(&bytes[..len]);
        assert!(read >= most, "a longer recording has no fewer steps");
        most = read;
        match error {
            None => assert!(read < whole, "cut at {len}: the last step is not whole"),
            Some(ReadError::CutOff { steps }) => assert_eq!(usize::try_from(steps), Ok(read)),
            Some(ReadError::NotARecording) => assert_eq!(read, 0),
            Some(error) => panic!("cut at {len}: {error}"),
        }
    }
    Ok(())
}

#[test]
fn any_flipped_byte_is_an_error_or_another_step_but_no_panic() -> io::Result<()> {
    let bytes = recording()?;
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        let (read, _) = read(&damaged);
        assert!(read <= steps().len());
    }
    Ok(())
}

#[test]
fn other_files_are_told_as_that() -> Result<(), Box<dyn std::error::Error>> {
    let mut newer = recording()?;
    newer[MAGIC.len()] = 9;
    let mut other_abi = Vec::new();
    let preamble = Preamble {
        abi_version: raw::ABI_VERSION + 1,
        ..preamble()
    };
    Writer::new(&mut other_abi, &preamble)?;
    let cases: [(&[u8], &str); 4] = [
        (b"", "this is no recording of scoutline"),
        (
            b"\x7fELF and more than that",
            "this is no recording of scoutline",
        ),
        (&newer, "the recording has format 9"),
        (
            &other_abi,
            "was made by scoutline 0.1.0 with kernel records of version 3",
        ),
    ];
    for (bytes, message) in cases {
        let (_, error) = read(bytes);
        let error = error.expect("refused").to_string();
        assert!(error.contains(message), "{error}");
    }
    Ok(())
}
