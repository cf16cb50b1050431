//! /etc/passwd.

use std::collections::BTreeMap;

/// Names by user id. Where two users share an id the first one counts, as for `getpwuid`.
pub(super) fn parse(passwd: &str) -> BTreeMap<u32, String> {
    let mut users = BTreeMap::new();
    for line in passwd.lines() {
        let mut fields = line.split(':');
        let (Some(name), Some(_password), Some(id)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        // A name that begins so is a comment, or stands for a directory service.
        if name.is_empty() || name.starts_with(['#', '+', '-']) {
            continue;
        }
        if let Ok(id) = id.parse() {
            users.entry(id).or_insert_with(|| name.to_owned());
        }
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_an_id_counts() {
        let text = "root:x:0:0:root:/root:/bin/bash\n\
            toor:x:0:0::/root:/bin/sh\n\
            # comment:x:5:5\n\
            +nis:x:6:6\n\
            \n\
            nobody:x:65534:65534::/:/usr/sbin/nologin\n\
            broken:x:many:0::\n\
            huge:x:4294967296:0::\n\
            short:x\n";
        let users: Vec<_> = parse(text).into_iter().collect();
        assert_eq!(
            users,
            [(0, "root".to_owned()), (65534, "nobody".to_owned())]
        );
    }
}
