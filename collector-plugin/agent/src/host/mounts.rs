//! /proc/self/mountinfo.

use scoutline_detect::Mount;

/// The mounts in their order: a later one hides an earlier one at the same place.
///
/// A line that cannot be read is skipped, for instance that of a path which is not UTF-8: one odd mount
/// must not blind the sensor to all others.
pub(super) fn parse(mountinfo: &[u8]) -> Vec<Mount> {
    mountinfo
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            // 36 35 98:0 /directory /mount/point options... - type source options
            let mut fields = line.split(|byte| *byte == b' ').skip(2);
            Some(Mount {
                device: device(fields.next()?)?,
                root: unescape(fields.next()?)?,
                mount_point: unescape(fields.next()?)?,
            })
        })
        .collect()
}

/// `major:minor` as the kernel has it in `dev_t`: 12 bits and 20 bits.
fn device(field: &[u8]) -> Option<u32> {
    let (major, minor) = std::str::from_utf8(field).ok()?.split_once(':')?;
    let (major, minor): (u32, u32) = (major.parse().ok()?, minor.parse().ok()?);
    (major < 1 << 12 && minor < 1 << 20).then_some(major << 20 | minor)
}

/// The kernel writes space, tab, newline and backslash as three octal digits.
fn unescape(field: &[u8]) -> Option<String> {
    let mut path = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            path.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(3)?;
        let digits = std::str::from_utf8(digits).ok()?;
        path.push(u8::from_str_radix(digits, 8).ok()?);
        rest = after;
    }
    String::from_utf8(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_writes_and_skips_what_it_cannot_use() {
        let text = b"23 28 0:22 / /proc rw,relatime shared:12 - proc proc rw\n\
            28 1 254:1 / / rw shared:1 - ext4 /dev/vda1 rw\n\
            40 28 0:36 /@home /home rw - btrfs /dev/vdb rw\n\
            41 28 259:1048575 /a\\040b /mnt/with\\040space\\011tab\\134back master:1 propagate_from:2 - ext4 d rw\n\
            42 28 8:1 / /mnt/\xff rw - ext4 d rw\n\
            43 28 8:x / /broken rw - ext4 d rw\n\
            44 28 8:1 / /bad\\9escape rw - ext4 d rw\n\
            45 28 4096:0 / /too-big rw - ext4 d rw\n\
            46 28\n";
        let mount = |major: u32, minor, root: &str, mount_point: &str| Mount {
            device: major << 20 | minor,
            root: root.to_owned(),
            mount_point: mount_point.to_owned(),
        };
        assert_eq!(
            parse(text),
            [
                mount(0, 22, "/", "/proc"),
                mount(254, 1, "/", "/"),
                mount(0, 36, "/@home", "/home"),
                mount(259, 1_048_575, "/a b", "/mnt/with space\ttab\\back"),
            ]
        );
    }
}
