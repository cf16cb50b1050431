//! The two sides of the contract are one: layouts from the BTF that clang makes of abi.h, constants from the
//! preprocessor, the sieve's hash by running the C for real.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use scoutline_abi::raw;
use scoutline_abi::sieve::{self, Class, Leaf, Level, Sieve, Signature};
use serde_json::Value;
use zerocopy::IntoBytes;

/// Size of a struct, and offset of each of its fields.
type Layout = (usize, BTreeMap<&'static str, usize>);

macro_rules! layouts {
    ($($c:literal => $rust:ident { $($field:ident),* $(,)? })*) => {
        BTreeMap::from([$((
            $c,
            (
                size_of::<raw::$rust>(),
                BTreeMap::from([$((stringify!($field), std::mem::offset_of!(raw::$rust, $field))),*]),
            ),
        )),*])
    };
}

macro_rules! constants {
    ($($name:ident),* $(,)?) => {
        BTreeMap::from([$((concat!("SL_", stringify!($name)), u64::from_ne_bytes(widen(raw::$name.to_ne_bytes())))),*])
    };
}

fn widen<const N: usize>(bytes: [u8; N]) -> [u8; 8] {
    let mut wide = [0; 8];
    wide[..N].copy_from_slice(&bytes);
    wide
}

fn rust_layouts() -> BTreeMap<&'static str, Layout> {
    layouts! {
        "event_header" => EventHeader { kind, version, size, time_ns }
        "text" => Text { offset, len, flags }
        "task_info" => TaskInfo {
            start_ns, exec_id, parent_start_ns, cgroup_id, cgroup_v1_id, capabilities, tgid, tid, parent_tgid, vpid,
            session_id, tty, uid, gid, euid, login_uid, audit_session, pid_ns, mnt_ns, net_ns, user_ns, flags, comm,
        }
        "file_info" => FileInfo {
            inode, device, generation, fs_magic, mount_id, mode, nlink, flags, root_len, path_fs, path_mount,
        }
        "exec_event" => ExecEvent {
            header, task, file, cwd, filename, interpreter, argv, old_tid, flags,
        }
        "fork_event" => ForkEvent { header, task, forker_start_ns, forker_tgid, pad }
        "exit_event" => ExitEvent { header, start_ns, exec_id, tgid, exit_code }
        "cgroup_event" => CgroupEvent { header, id, flags, pad, path }
        "trace_context_event" => TraceContextEvent { header, start_ns, exec_id, tgid, pad, value }
        "fold_key" => FoldKey { program, object }
        "fold_value" => FoldValue { count, sent_ns }
        "open_event" => OpenEvent {
            header, task, file, key, count, open_flags, file_mode, flags, pad,
        }
        "leaf_glob" => LeafGlob { kind, len }
        "sieve_table" => SieveTable { bloom, globs, masks, classes }
        "sensor_self" => SensorSelf { tgid, pad, root_mount, root_dentry }
        "stats" => Stats {
            exec_sent, exec_ring_full, fork_sent, fork_ring_full, exit_sent, exit_ring_full, cgroup_sent, cgroup_ring_full,
            trace_context_sent, trace_context_ring_full, open_seen,
            open_unmatched, open_own, open_path, open_race, open_unreadable, open_folded, open_sent,
            open_ring_full, fold_full, fold_quota, task_sent, task_dropped, scratch_missing,
        }
    }
}

fn rust_constants() -> BTreeMap<&'static str, u64> {
    constants![
        ABI_VERSION,
        COMM_LEN,
        PATH_DEPTH,
        NAME_LEN,
        HASHED_LEN,
        ARGV_LEN,
        FILENAME_LEN,
        EXEC_TAIL,
        OPEN_TAIL,
        CGROUP_DEPTH,
        CGROUP_TAIL,
        ENVIRON_VARIABLES,
        ENVIRON_VARIABLE,
        TRACE_CONTEXT_LEN,
        FOLD_QUOTA,
        FOLD_REARM_NS,
        EVENT_EXEC,
        EVENT_FORK,
        EVENT_EXIT,
        EVENT_TASK,
        EVENT_OPEN,
        EVENT_CGROUP,
        EVENT_TRACE_CONTEXT,
        TEXT_TRUNCATED,
        TEXT_UNREADABLE,
        TASK_KTHREAD,
        FILE_DELETED,
        FILE_MEMFD,
        ROOT_OUTSIDE,
        EXEC_SCRIPT,
        CGROUP_V1,
        CGROUP_REMOVED,
        OPEN_SIEVE_TRUNCATED,
        OPEN_QUOTA,
        OPEN_UNFOLDED,
        OPEN_AGAIN,
        CLASS_PROC,
        CLASS_SYSFS,
        CLASS_ORDINARY,
        CLASS_SLOTS,
        BLOOM_WORDS,
        LEAF_GLOBS,
        GLOB_PREFIX,
        GLOB_SUFFIX,
        SIEVE_SIGNATURES,
    ]
}

fn bpf_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../bpf")
}

fn run(program: &str, args: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let output = Command::new(program)
        .args(args)
        .output()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "{program} {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn every_struct_has_the_layout_of_its_c_side() -> Result<(), Box<dyn std::error::Error>> {
    let header = fs::read_to_string(bpf_folder().join("include/abi.h"))?;
    let declared: Vec<&str> = header
        .lines()
        .filter_map(|line| line.strip_prefix("struct ")?.strip_suffix(" {"))
        .collect();
    let folder = tempfile::tempdir()?;
    let (object, source) = (folder.path().join("abi.o"), folder.path().join("abi.c"));
    let (object, source) = (
        object.to_str().ok_or("no UTF-8")?,
        source.to_str().ok_or("no UTF-8")?,
    );
    let uses: String = declared
        .iter()
        .map(|name| format!("struct {name} use_{name};\n"))
        .collect();
    fs::write(source, format!("#include \"abi.h\"\n{uses}"))?;
    let include = format!("-I{}", bpf_folder().join("include").display());
    let system = format!("-I/usr/include/{}-linux-gnu", std::env::consts::ARCH);
    run(
        "clang",
        &[
            "-target", "bpf", "-g", &include, &system, "-c", source, "-o", object,
        ],
    )?;
    let btf: Value =
        serde_json::from_str(&run("bpftool", &["-j", "btf", "dump", "file", object])?)?;
    let structs: BTreeMap<&str, &Value> = btf["types"]
        .as_array()
        .ok_or("bpftool gave no types")?
        .iter()
        .filter(|entry| entry["kind"] == "STRUCT")
        .filter_map(|entry| Some((entry["name"].as_str()?, entry)))
        .collect();

    let mirror = rust_layouts();
    assert_eq!(declared.len(), mirror.len(), "abi.h declares {declared:?}");
    for name in declared {
        let (size, fields) = mirror
            .get(name)
            .ok_or(format!("struct {name} has no mirror"))?;
        let entry = structs
            .get(name)
            .ok_or(format!("struct {name} is not in the object's BTF"))?;
        assert_eq!(entry["size"], *size, "size of struct {name}");
        let members: BTreeMap<&str, usize> = entry["members"]
            .as_array()
            .ok_or("no members")?
            .iter()
            .filter_map(|member| {
                Some((
                    member["name"].as_str()?,
                    usize::try_from(member["bits_offset"].as_u64()? / 8).ok()?,
                ))
            })
            .collect();
        assert_eq!(&members, fields, "fields of struct {name}");
    }
    Ok(())
}

#[test]
fn every_constant_has_the_value_of_its_c_side() -> Result<(), Box<dyn std::error::Error>> {
    let header = fs::read_to_string(bpf_folder().join("include/abi.h"))?;
    let names: Vec<&str> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("SL_"))
        .collect();
    let prints: String = names
        .iter()
        .map(|name| format!("printf(\"{name} %llu\\n\", (unsigned long long){name});"))
        .collect();
    let printed = run_c(
        &format!("#include \"abi.h\"\nint main(void) {{ {prints} return 0; }}"),
        &[],
    )?;
    let mirror = rust_constants();
    let c: BTreeMap<&str, u64> = printed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| Ok((name, value.parse()?)))
        .collect::<Result<_, std::num::ParseIntError>>()?;
    assert_eq!(c, mirror);
    Ok(())
}

#[test]
fn both_sides_hash_a_component_alike() -> Result<(), Box<dyn std::error::Error>> {
    let long = "n".repeat(255);
    let names = [
        "",
        "v",
        "version",
        "8letters",
        "nine-char",
        "a-name-of-more-than-forty-bytes-is-cut-there",
        &long,
    ];
    let source = r#"
        #include "sieve_hash.h"
        #include <string.h>
        int main(int argc, char **argv) {
            for (int i = 1; i < argc; i++) {
                /* What follows a name in the kernel can be anything. */
                __u64 words[SL_HASHED_LEN / 8];
                size_t len = strlen(argv[i]);
                memset(words, 0xa5, sizeof(words));
                memcpy(words, argv[i], len < sizeof(words) ? len : sizeof(words));
                printf("%llu\n", (unsigned long long)hash_name(words, len));
            }
            return 0;
        }"#;
    let printed = run_c(source, &names)?;
    let hashes: Vec<u64> = printed.lines().map(str::parse).collect::<Result<_, _>>()?;
    let expected: Vec<u64> = names
        .iter()
        .map(|name| sieve::component(name.as_bytes()))
        .collect();
    assert_eq!(hashes, expected);
    Ok(())
}

/// What the builder marks is what the kernel finds: each name for its own use and no other, and the signatures.
#[test]
fn both_sides_sieve_alike() -> Result<(), Box<dyn std::error::Error>> {
    let exact = |name: &str| Level::Exact(name.into());
    let signatures = [
        Signature::Tail {
            leaf: Leaf::Exact("version".into()),
            parent: exact("lib"),
            grandparent: Level::Any,
        },
        Signature::Tail {
            leaf: Leaf::Suffix("-release".into()),
            parent: exact("etc"),
            grandparent: exact("usr"),
        },
        Signature::Anchor {
            name: "net".into(),
            parent: exact("sys"),
        },
    ];
    let mut sieve = Sieve::default();
    for signature in &signatures {
        sieve.add(Class::Ordinary, signature)?;
    }
    let table = tempfile::NamedTempFile::new()?;
    fs::write(table.path(), sieve.table().as_bytes())?;
    let source = r#"
        #include "sieve_hash.h"
        #include <string.h>
        #define CLASS SL_CLASS_ORDINARY
        static struct sieve_table table;
        static __u64 name(const char *text) {
            __u64 words[SL_HASHED_LEN / 8] = {};
            memcpy(words, text, strlen(text));
            return hash_name(words, strlen(text));
        }
        static void ask(const char *what, __u64 hash) {
            struct bloom_answer answer = bloom_ask(&table, CLASS, hash);
            printf("%s:%s%s%s\n", what, bloom_has(answer, SIEVE_LEAF) ? " leaf" : "",
                   bloom_has(answer, SIEVE_ANCHOR) ? " anchor" : "",
                   bloom_has(answer, SIEVE_GLOB_DIRECTORY) ? " directory" : "");
        }
        int main(int argc, char **argv) {
            __u64 word, part, kind = glob_kind(SL_GLOB_SUFFIX, 8);
            FILE *file = fopen(argv[1], "r");
            if (!file || fread(&table, sizeof(table), 1, file) != 1)
                return 1;
            memcpy(&word, "-release", 8);
            part = hash_part(word, 8);
            for (int i = 2; i < argc; i++)
                ask(argv[i], name(argv[i]));
            ask("-release as an end", part ^ kind);
            printf("%llu\n", (unsigned long long)tail_signature(CLASS, SIEVE_LEAF, 3, name("version"), name("lib"), 0));
            printf("%llu\n", (unsigned long long)tail_signature(CLASS, kind, 7, part, name("etc"), name("usr")));
            printf("%llu\n", (unsigned long long)signature(CLASS, SIEVE_ANCHOR, name("net"), name("sys"), 0));
            return 0;
        }"#;
    let table = table.path().to_str().ok_or("no UTF-8")?;
    let printed = run_c(
        source,
        &[
            table, "version", "net", "etc", "lib", "sys", "usr", "-release",
        ],
    )?;
    let (answers, found): (Vec<_>, Vec<_>) = printed.lines().partition(|line| line.contains(':'));
    assert_eq!(
        answers,
        [
            "version: leaf",
            "net: anchor",
            "etc: directory",
            "lib:",
            "sys:",
            "usr:",
            "-release:",
            "-release as an end: leaf",
        ]
    );
    let found: BTreeSet<u64> = found
        .into_iter()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    assert_eq!(found, sieve.signatures().collect());
    Ok(())
}

fn run_c(source: &str, args: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("test.c");
    let binary = folder.path().join("test");
    let (file, binary) = (
        file.to_str().ok_or("no UTF-8")?,
        binary.to_str().ok_or("no UTF-8")?,
    );
    fs::write(file, format!("#include <stdio.h>\n{source}\n"))?;
    let include = format!("-I{}", bpf_folder().join("include").display());
    run("cc", &["-O1", "-Wall", &include, file, "-o", binary])?;
    run(binary, args)
}
