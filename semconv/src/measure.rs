//! What a metric is called.

/// A metric of the sensor's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// UCUM unit.
    pub unit: &'static str,
    /// What is measured, in a sentence.
    pub brief: &'static str,
}
