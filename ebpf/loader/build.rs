//! Compiles `ebpf/bpf/sensor.bpf.c` with clang into one CO-RE object for the target's architecture.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> Result<(), String> {
    let source = Path::new("../bpf");
    println!("cargo:rerun-if-changed={}", source.display());
    println!("cargo:rerun-if-env-changed=CLANG");

    let clang = env::var("CLANG").unwrap_or_else(|_| "clang".into());
    let output = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("sensor.bpf.o");
    let architecture = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let define = match architecture.as_str() {
        "x86_64" => "-D__TARGET_ARCH_x86",
        "aarch64" => "-D__TARGET_ARCH_arm64",
        other => {
            return Err(format!(
                "there are no eBPF programs for the architecture {other}"
            ));
        }
    };
    let status = Command::new(&clang)
        // v2 instructions: what a 5.10 kernel understands on both architectures.
        .args(["-target", "bpf", "-mcpu=v2", "-O2", "-g", define])
        .args(["-Wall", "-Wextra", "-Werror"])
        // BPF_PROG names its context although nobody needs it.
        .arg("-Wno-unused-parameter")
        .arg("-I")
        .arg(source.join("include"))
        // Where Debian keeps <asm/types.h>; clang leaves it out for the bpf target.
        .arg(format!("-I/usr/include/{architecture}-linux-gnu"))
        .arg("-c")
        .arg(source.join("sensor.bpf.c"))
        .arg("-o")
        .arg(&output)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!(
            "{clang} could not compile the eBPF programs ({status})"
        )),
        Err(error) => Err(format!(
            "{clang} could not be started ({error}); install clang 14 or newer and libbpf-dev, \
             or set CLANG"
        )),
    }
}
