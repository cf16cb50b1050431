//! Elastic: detection rules, dashboards, and what an index must know for both.

mod dashboard;
mod ingest;
mod panel;
mod rule;
mod rules;

use crate::catalogue::Catalogue;
use crate::{GenerateError, Generated};

/// Where the Elasticsearch exporter puts the records, whatever the namespace.
const RECORDS: &str = "logs-scoutline.otel-*";

/// The ingest pipeline.
const PIPELINE: &str = "scoutline-ecs";

/// All that Elastic is given.
pub(crate) fn files(catalogue: &Catalogue) -> Result<Vec<Generated>, GenerateError> {
    let mut files = rules::files(catalogue)?;
    files.extend(ingest::files()?);
    files.extend(dashboard::files(catalogue)?);
    Ok(files)
}
