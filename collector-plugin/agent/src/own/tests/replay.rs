//! A recording of a sensor that told of itself gives the same detections, which have the numbers that they had.

use scoutline_abi::raw;
use scoutline_detect::{Clock, Output, Settings};
use scoutline_semconv::number;

use super::law::{facts, judge};
use super::*;
use crate::pipeline::{Judge, Preamble, Reader, Step, Writer};

const CLOCK: Clock = Clock { boot_to_unix_ns: 5 };

fn apply(judge: &mut Judge, step: Step<'_>, records: &mut Vec<Record>) {
    let mut out = Output::default();
    judge.apply(step, &mut out).expect("the event is one");
    records.extend(out.records.into_iter().map(|it| it.record));
}

fn event(bytes: &[u8]) -> Step<'_> {
    Step::Event {
        bytes,
        observed_unix_ns: 9,
        clock: CLOCK,
    }
}

#[test]
fn own_records_change_no_detection_of_a_replay() -> Result<(), Box<dyn std::error::Error>> {
    let preamble = Preamble {
        sensor_version: "0.1.0".to_owned(),
        abi_version: raw::ABI_VERSION,
        facts: facts(),
        settings: Settings::default(),
        resource: Vec::new(),
    };
    let mut recording = Vec::new();
    let mut writer = Writer::new(&mut recording, &preamble)?;
    let mut live = judge();
    let mut told = Vec::new();
    let mut own = Vec::new();
    for tgid in 100..104 {
        let time = u64::from(tgid);
        writer.write(&Step::Issue {
            now: time,
            clock: CLOCK,
        })?;
        own.push(live.issue().sequence);
        for bytes in [
            events::exec(tgid, time, "/usr/bin/nmap"),
            events::open(tgid, time, "/proc/version", time),
        ] {
            writer.write(&event(&bytes))?;
            apply(&mut live, event(&bytes), &mut told);
        }
    }
    let finish = Step::Finish {
        now: 1_000,
        counts: &[],
        clock: CLOCK,
    };
    writer.write(&finish)?;
    apply(&mut live, finish, &mut told);
    writer.finish()?;
    assert!(told.len() > own.len(), "{} detections", told.len());
    let numbers: Vec<_> = told
        .iter()
        .filter_map(|record| record.int(attr::SCOUTLINE_SEQUENCE))
        .collect();
    assert!(own.iter().all(|own| !numbers.contains(&number(*own))));

    let (mut reader, _) = Reader::new(recording.as_slice())?;
    let mut replayed = judge();
    let mut again = Vec::new();
    while let Some(step) = reader.step()? {
        apply(&mut replayed, step, &mut again);
    }
    assert_eq!(again, told);
    Ok(())
}
