//! How long the programs ran.

use std::time::Duration;

use crate::hooks::{self, Family};
use crate::sensor::Sensor;

/// Time in the kernel by family, since the programs were loaded. Nothing unless the kernel keeps statistics of eBPF
/// programs (`sysctl kernel.bpf_stats_enabled=1`), which itself takes time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunTimes([Duration; Family::ALL.len()]);

impl RunTimes {
    /// Those of families whose programs are known to have run.
    pub fn iter(&self) -> impl Iterator<Item = (Family, Duration)> {
        let all = Family::ALL.into_iter().zip(self.0);
        all.filter(|(_, time)| !time.is_zero())
    }
}

impl FromIterator<(Family, Duration)> for RunTimes {
    /// Several of one family are added up.
    fn from_iter<T: IntoIterator<Item = (Family, Duration)>>(times: T) -> Self {
        let mut all = Self::default();
        for (family, time) in times {
            let mut known = Family::ALL.into_iter().zip(&mut all.0);
            if let Some((_, known)) = known.find(|(it, _)| *it == family) {
                *known += time;
            }
        }
        all
    }
}

impl Sensor {
    /// How long the programs ran so far. Asks the kernel once for each; what it does not tell is left out.
    pub fn run_times(&self) -> RunTimes {
        let hooks = Family::ALL.into_iter().flat_map(hooks::of);
        let times = hooks.filter_map(|hook| {
            let program = self.programs.program(hook.program)?;
            Some((hook.family, program.info().ok()?.run_time()))
        });
        times.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variants_of_a_family_are_added_up_and_nothing_is_left_out() {
        let second = Duration::from_secs(1);
        let times: RunTimes = [
            (Family::Exec, second),
            (Family::FileOpen, second),
            (Family::FileOpen, 2 * second),
            (Family::Fork, Duration::ZERO),
        ]
        .into_iter()
        .collect();
        let told: Vec<_> = times.iter().collect();
        assert_eq!(
            told,
            [(Family::Exec, second), (Family::FileOpen, 3 * second)]
        );
    }
}
