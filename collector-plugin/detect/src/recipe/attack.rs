//! The part of MITRE ATT&CK that recipes may name: the techniques of the Discovery tactic.
//!
//! Pinned, because ids are renamed and moved between versions: a recipe that names an id this table does not
//! have is refused instead of being sent with a wrong name. Names and ids are those of the Enterprise matrix.

/// Version of the ATT&CK Enterprise matrix that the table follows (`scoutline.attack.version`).
pub const VERSION: &str = "17.1";

/// A tactic: what an adversary wants.
#[derive(Debug, PartialEq, Eq)]
pub struct Tactic {
    /// Such as `TA0007`.
    pub id: &'static str,
    /// Such as `Discovery`.
    pub name: &'static str,
}

/// A technique or sub-technique: how they go about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Technique {
    /// Such as `T1082`, or `T1497.001` for a sub-technique.
    pub id: &'static str,
    /// Its own name, without its parent's.
    pub name: &'static str,
    /// The tactics that the matrix lists it under.
    pub tactics: &'static [&'static Tactic],
}

impl Technique {
    /// The technique with this id.
    pub fn find(id: &str) -> Option<&'static Self> {
        TECHNIQUES.iter().find(|technique| technique.id == id)
    }

    /// The technique that a sub-technique belongs to.
    pub fn parent(&self) -> Option<&'static Self> {
        let (parent, _) = self.id.split_once('.')?;
        Self::find(parent)
    }
}

/// Defense Evasion.
pub const DEFENSE_EVASION: Tactic = Tactic {
    id: "TA0005",
    name: "Defense Evasion",
};
/// Credential Access.
pub const CREDENTIAL_ACCESS: Tactic = Tactic {
    id: "TA0006",
    name: "Credential Access",
};
/// Discovery.
pub const DISCOVERY: Tactic = Tactic {
    id: "TA0007",
    name: "Discovery",
};

const ONLY: &[&Tactic] = &[&DISCOVERY];
const WITH_EVASION: &[&Tactic] = &[&DISCOVERY, &DEFENSE_EVASION];
const WITH_CREDENTIALS: &[&Tactic] = &[&DISCOVERY, &CREDENTIAL_ACCESS];

const fn technique(
    id: &'static str,
    name: &'static str,
    tactics: &'static [&'static Tactic],
) -> Technique {
    Technique { id, name, tactics }
}

/// All of them, by id.
pub const TECHNIQUES: &[Technique] = &[
    technique("T1007", "System Service Discovery", ONLY),
    technique("T1010", "Application Window Discovery", ONLY),
    technique("T1012", "Query Registry", ONLY),
    technique("T1016", "System Network Configuration Discovery", ONLY),
    technique("T1016.001", "Internet Connection Discovery", ONLY),
    technique("T1016.002", "Wi-Fi Discovery", ONLY),
    technique("T1018", "Remote System Discovery", ONLY),
    technique("T1033", "System Owner/User Discovery", ONLY),
    technique("T1040", "Network Sniffing", WITH_CREDENTIALS),
    technique("T1046", "Network Service Discovery", ONLY),
    technique("T1049", "System Network Connections Discovery", ONLY),
    technique("T1057", "Process Discovery", ONLY),
    technique("T1069", "Permission Groups Discovery", ONLY),
    technique("T1069.001", "Local Groups", ONLY),
    technique("T1069.002", "Domain Groups", ONLY),
    technique("T1069.003", "Cloud Groups", ONLY),
    technique("T1082", "System Information Discovery", ONLY),
    technique("T1083", "File and Directory Discovery", ONLY),
    technique("T1087", "Account Discovery", ONLY),
    technique("T1087.001", "Local Account", ONLY),
    technique("T1087.002", "Domain Account", ONLY),
    technique("T1087.003", "Email Account", ONLY),
    technique("T1087.004", "Cloud Account", ONLY),
    technique("T1120", "Peripheral Device Discovery", ONLY),
    technique("T1124", "System Time Discovery", ONLY),
    technique("T1135", "Network Share Discovery", ONLY),
    technique("T1201", "Password Policy Discovery", ONLY),
    technique("T1217", "Browser Information Discovery", ONLY),
    technique("T1482", "Domain Trust Discovery", ONLY),
    technique("T1497", "Virtualization/Sandbox Evasion", WITH_EVASION),
    technique("T1497.001", "System Checks", WITH_EVASION),
    technique("T1497.002", "User Activity Based Checks", WITH_EVASION),
    technique("T1497.003", "Time Based Evasion", WITH_EVASION),
    technique("T1518", "Software Discovery", ONLY),
    technique("T1518.001", "Security Software Discovery", ONLY),
    technique("T1526", "Cloud Service Discovery", ONLY),
    technique("T1538", "Cloud Service Dashboard", ONLY),
    technique("T1580", "Cloud Infrastructure Discovery", ONLY),
    technique("T1613", "Container and Resource Discovery", ONLY),
    technique("T1614", "System Location Discovery", ONLY),
    technique("T1614.001", "System Language Discovery", ONLY),
    technique("T1615", "Group Policy Discovery", ONLY),
    technique("T1619", "Cloud Storage Object Discovery", ONLY),
    technique("T1622", "Debugger Evasion", WITH_EVASION),
    technique("T1652", "Device Driver Discovery", ONLY),
    technique("T1654", "Log Enumeration", ONLY),
    technique("T1673", "Virtual Machine Discovery", ONLY),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_sub_techniques_have_a_parent() {
        for pair in TECHNIQUES.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} {}", pair[0].id, pair[1].id);
        }
        for technique in TECHNIQUES {
            assert_eq!(
                technique.parent().is_some(),
                technique.id.contains('.'),
                "{}",
                technique.id
            );
        }
    }
}
