//! Symbolic links that every system has. The kernel resolves them, so that only what they lead to arrives;
//! recipes are written, and read, in the usual form.

use super::{Component, Form, Refusal};

/// The first row that fits a form adds what it leads to; that is followed again. `*` stands for one component,
/// `{0}` for what the first `*` stood for, `**` for any number. A row that leads nowhere refuses the pattern.
///
/// Links that only some distributions have are here as well: both forms stay matched.
const LINKS: &[(&str, &[&str])] = &[
    // procfs: the process's own view; /proc/<pid>/task/<tid> is folded onto /proc/<pid> before matching.
    ("/proc/net", &["/proc/*/net"]),
    ("/proc/mounts", &["/proc/*/mounts"]),
    ("/proc/self", &["/proc/*"]),
    ("/proc/thread-self", &["/proc/*"]),
    ("/proc/device-tree", &["/sys/firmware/devicetree/base"]),
    // sysfs: classes and buses are directories of links into /sys/devices. A device is in a directory named after
    // its class, but for those whose parent has a class of its own: NVMe and input have rows for that.
    ("/sys/class/*/*/device", &[]),
    ("/sys/block/*/device", &[]),
    ("/sys/class/dmi", &["/sys/devices/virtual/dmi"]),
    (
        "/sys/class/block/*",
        &[
            "/sys/devices/**/block/{0}",
            "/sys/devices/**/block/*/{0}",
            "/sys/devices/**/nvme/*/{0}",
            "/sys/devices/**/nvme/*/*/{0}",
            "/sys/devices/virtual/nvme-subsystem/*/{0}",
            "/sys/devices/virtual/nvme-subsystem/*/*/{0}",
        ],
    ),
    (
        "/sys/class/input/*",
        &["/sys/devices/**/input/{0}", "/sys/devices/**/input/*/{0}"],
    ),
    ("/sys/class/*/*", &["/sys/devices/**/{0}/{1}"]),
    (
        "/sys/block/*",
        &[
            "/sys/devices/**/block/{0}",
            "/sys/devices/**/nvme/*/{0}",
            "/sys/devices/virtual/nvme-subsystem/*/{0}",
        ],
    ),
    ("/sys/bus/*/devices/*", &["/sys/devices/**/{1}"]),
    // Merged /usr (on some, /usr/sbin is merged as well) and what moved to /run.
    ("/bin", &["/usr/bin"]),
    ("/sbin", &["/usr/sbin", "/usr/bin"]),
    ("/lib", &["/usr/lib"]),
    ("/lib64", &["/usr/lib64"]),
    ("/var/run", &["/run"]),
    ("/var/lock", &["/run/lock"]),
    // Files of /etc that live elsewhere.
    ("/etc/mtab", &["/proc/*/mounts"]),
    ("/etc/os-release", &["/usr/lib/os-release"]),
    (
        "/etc/resolv.conf",
        &[
            "/run/systemd/resolve/stub-resolv.conf",
            "/run/systemd/resolve/resolv.conf",
            "/run/resolvconf/resolv.conf",
            "/run/NetworkManager/resolv.conf",
        ],
    ),
    ("/var/lib/dbus/machine-id", &["/etc/machine-id"]),
];

/// The forms themselves and all that they lead to.
pub(super) fn follow(mut forms: Vec<Form>) -> Result<Vec<Form>, Refusal> {
    let mut next = 0;
    while let Some(form) = forms.get(next) {
        for led in lead(form)? {
            if !forms.contains(&led) {
                forms.push(led);
            }
        }
        next += 1;
    }
    Ok(forms)
}

fn lead(form: &Form) -> Result<Vec<Form>, Refusal> {
    for (from, to) in LINKS {
        let Some(Passage { captures, rest }) = fit(from, form)? else {
            continue;
        };
        if to.is_empty() {
            return Err(Refusal::new(
                format!("{from} is a symbolic link, and where it leads depends on the device"),
                "write where it leads, below /sys/devices/",
            ));
        }
        let forms = to.iter().map(|to| Form {
            components: parts(to)
                .map(|part| substitute(part, &captures))
                .chain(rest.iter().cloned())
                .collect(),
            with_subtree: form.with_subtree,
        });
        return Ok(forms.collect());
    }
    Ok(Vec::new())
}

/// How a form goes through a row.
struct Passage<'f> {
    /// What the row's `*` stand for.
    captures: Vec<Component>,
    /// The components beyond the row.
    rest: &'f [Component],
}

/// `None` if the row does not fit. A subtree goes through the links in it.
fn fit<'f>(from: &str, form: &'f Form) -> Result<Option<Passage<'f>>, Refusal> {
    let mut captures = Vec::new();
    let mut rest = form.components.as_slice();
    let row: Vec<_> = parts(from).collect();
    for (at, part) in row.iter().enumerate() {
        let all_links = row.iter().skip(at).all(|part| *part == "*");
        let Some((first, beyond)) = rest.split_first() else {
            if form.with_subtree && all_links {
                captures.push(Component::Wild("*".to_owned()));
                continue;
            }
            return Ok(None);
        };
        match first {
            Component::AnyDepth if all_links => {
                return Err(Refusal::new(
                    format!("** goes through the symbolic links {from}"),
                    "write one * for each directory, or where they lead, below /sys/devices/",
                ));
            }
            Component::AnyDepth => return Ok(None),
            component if *part == "*" => captures.push(component.clone()),
            Component::Literal(name) if name == part => {}
            Component::Literal(_) | Component::Wild(_) => return Ok(None),
        }
        rest = beyond;
    }
    Ok(Some(Passage { captures, rest }))
}

fn substitute(part: &str, captures: &[Component]) -> Component {
    let capture = part
        .strip_prefix('{')
        .and_then(|part| part.strip_suffix('}'))
        .and_then(|index| index.parse::<usize>().ok())
        .and_then(|index| captures.get(index));
    match (capture, part) {
        (Some(component), _) => component.clone(),
        (None, "**") => Component::AnyDepth,
        (None, "*") => Component::Wild("*".to_owned()),
        (None, name) => Component::Literal(name.to_owned()),
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}
