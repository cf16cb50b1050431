//! Where the panels of a row are.

use crate::GenerateError;
use crate::catalogue::{Dashboard, Place, Row};

/// In which widths are given.
pub(crate) const COLUMNS: u32 = 24;

/// Questions of a row with their widths: who does not say shares what is left.
pub(crate) fn places<'a>(
    dashboard: &Dashboard,
    index: usize,
    row: &'a Row,
) -> Result<Vec<(&'a str, u32)>, GenerateError> {
    let mut places = Vec::new();
    for place in &row.panels {
        match place {
            Place::Question(name) => places.push((name.as_str(), None)),
            Place::Sized(sized) => {
                let sized = sized.iter();
                places.extend(sized.map(|(name, width)| (name.as_str(), Some(*width))));
            }
        }
    }
    let taken: u32 = places.iter().filter_map(|(_, width)| *width).sum();
    let sharing = places.iter().filter(|(_, width)| width.is_none()).count();
    let sharing = u32::try_from(sharing).unwrap_or(u32::MAX);
    let share = COLUMNS
        .checked_sub(taken)
        .and_then(|left| left.checked_div(sharing));
    let widths = places
        .into_iter()
        .map(|(name, width)| (name, width.or(share).unwrap_or(0)));
    let widths: Vec<_> = widths.collect();
    let columns = widths.iter().map(|(_, width)| width).sum();
    if columns != COLUMNS || widths.iter().any(|(_, width)| *width == 0) {
        return Err(GenerateError::Width {
            dashboard: dashboard.uid.clone(),
            row: index + 1,
            columns,
        });
    }
    Ok(widths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(row: &str) -> Result<Vec<u32>, GenerateError> {
        let text = format!("{{uid: u, title: t, description: d, variables: [], rows: [{row}]}}");
        let dashboard: Dashboard = serde_saphyr::from_str(&text).expect("it is one");
        let places = places(&dashboard, 0, &dashboard.rows[0])?;
        Ok(places.into_iter().map(|(_, width)| width).collect())
    }

    #[test]
    fn a_row_is_filled_and_no_wider() {
        for (row, expected) in [
            ("{height: 4, panels: [a, b, c, d]}", vec![6, 6, 6, 6]),
            ("{height: 4, panels: [a: 16, b]}", vec![16, 8]),
            ("{height: 4, panels: [a: 10, b: 14]}", vec![10, 14]),
        ] {
            assert_eq!(widths(row).expect("it fits"), expected, "{row}");
        }
        for row in [
            "{height: 4, panels: [a: 20, b: 8]}",
            "{height: 4, panels: [a: 24, b]}",
            "{height: 4, panels: [a: 10]}",
            "{height: 4, panels: []}",
        ] {
            assert!(widths(row).is_err(), "{row}");
        }
    }
}
