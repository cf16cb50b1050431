//! Figures of several measurements.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// How measurements are distributed: nearest rank, so that each of these was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quantiles {
    /// Half were no more.
    pub p50: f64,
    /// Nine of ten were no more.
    pub p90: f64,
    /// 99 of 100 were no more.
    pub p99: f64,
    /// The most.
    pub max: f64,
}

impl Quantiles {
    /// `None` without measurements.
    pub fn of(mut measured: Vec<f64>) -> Option<Self> {
        measured.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (measured.len() as f64 * share).ceil() as usize;
            measured.get(rank.saturating_sub(1)).copied()
        };
        Some(Self {
            p50: at(0.5)?,
            p90: at(0.9)?,
            p99: at(0.99)?,
            max: at(1.0)?,
        })
    }
}

/// The middle one; `None` without measurements.
pub fn median(measured: impl IntoIterator<Item = f64>) -> Option<f64> {
    Quantiles::of(measured.into_iter().collect()).map(|it| it.p50)
}

/// What else the machine does: the first line of /proc/loadavg.
pub fn load_average() -> String {
    fs::read_to_string("/proc/loadavg").map_or_else(
        |_| "unknown".to_owned(),
        |text| text.split(' ').take(3).collect::<Vec<_>>().join(" "),
    )
}

/// Writes figures as JSON, if there is a path to write them to.
///
/// # Errors
/// If they cannot be written.
pub fn keep(figures: &impl Serialize, path: Option<&Path>) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    fs::write(path, serde_json::to_vec_pretty(figures)?)
        .with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_nearest_rank() {
        let measured = (1..=200).rev().map(f64::from).collect();
        let it = Quantiles::of(measured).unwrap();
        assert_eq!(
            (it.p50, it.p90, it.p99, it.max),
            (100.0, 180.0, 198.0, 200.0)
        );
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert!(Quantiles::of(Vec::new()).is_none());
    }
}
