//! Paths as engines, systemd and people make them.

pub(super) const A: &str = "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d";
pub(super) const B: &str = "31cb02944da7a12196a193cf0e0f6c226d7c453a1db62e65ba98287593a2ee30";
pub(super) const POD: &str = "74ba62da-1a3d-11e7-bb11-080027cb0e22";

/// A path, with `{A}` and `{B}` for ids, `{P}` and `{p}` for a pod's with dashes and with underscores; and what is
/// known of it, as `words` of the tests says it.
pub(super) const CASES: &[(&str, &str)] = &[
    // No container.
    ("", ""),
    ("/", ""),
    ("/init.scope", "unit=init.scope"),
    ("/system.slice", "slice=system.slice"),
    (
        "/system.slice/ssh.service",
        "unit=ssh.service slice=system.slice",
    ),
    (
        "/system.slice/ssh.service (deleted)",
        "unit=ssh.service slice=system.slice",
    ),
    (
        "/system.slice/system-getty.slice/getty@tty1.service",
        "unit=getty@tty1.service slice=system-getty.slice",
    ),
    (
        "/system.slice/my\\x2dapp.service",
        "unit=my-app.service slice=system.slice",
    ),
    (
        "/system.slice/_cpu.service",
        "unit=cpu.service slice=system.slice",
    ),
    (
        "/system.slice/docker.service",
        "unit=docker.service slice=system.slice",
    ),
    (
        "/user.slice/user-1000.slice/session-3.scope",
        "unit=session-3.scope slice=user-1000.slice session=3 uid=1000",
    ),
    (
        "/user.slice/user-0.slice/session-c1.scope",
        "unit=session-c1.scope slice=user-0.slice session=c1 uid=0",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service",
        "unit=user@1000.service slice=user-1000.slice manager=1000",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service/init.scope",
        "unit=init.scope of=1000 slice=user-1000.slice manager=1000",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome\\x2dterminal.scope",
        "unit=app-gnome-terminal.scope of=1000 slice=app.slice manager=1000",
    ),
    (
        "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator",
        "unit=machine-qemu-1-vm.scope slice=machine.slice",
    ),
    (
        "/../../system.slice/ssh.service",
        "unit=ssh.service slice=system.slice",
    ),
    // Docker.
    ("/docker/{A}", "docker:A"),
    ("/docker/{A}/init.scope", "docker:A inside(unit=init.scope)"),
    (
        "/system.slice/docker-{A}.scope",
        "docker:A slice=system.slice",
    ),
    (
        "/system.slice/docker-{A}.scope/system.slice/cron.service",
        "docker:A slice=system.slice inside(unit=cron.service slice=system.slice)",
    ),
    ("/docker/{A}/docker/{B}", "docker:A inside(docker:B)"),
    (
        "/system.slice/docker-{A}.scope/docker/{B}",
        "docker:A slice=system.slice inside(docker:B)",
    ),
    (
        "/system.slice/docker.service/docker/{A}",
        "docker:A unit=docker.service slice=system.slice",
    ),
    ("/system.slice:docker:{A}", "docker:A"),
    ("/actions_job/{A}", "docker:A"),
    ("/../{A}", "?:A"),
    ("/{A}", "?:A"),
    ("/ci-jobs/{A}", "?:A"),
    ("/ci.slice/job-{A}.scope", "?:A slice=ci.slice"),
    (
        "/docker/buildkit/k2y1s0m3t5v7x9z1b3d5f7h9j",
        "buildkit:k2y1s0m3t5v7x9z1b3d5f7h9j",
    ),
    // Kubernetes.
    ("/kubepods/besteffort/pod{P}/{A}", "?:A pod=P/BestEffort"),
    (
        "/kubepods/burstable/pod{P}/{A}/kube-proxy",
        "?:A pod=P/Burstable",
    ),
    ("/kubepods/pod{P}/{A}", "?:A pod=P/Guaranteed"),
    (
        "/kubepods/burstable/pod{P}/crio-{A}",
        "cri-o:A pod=P/Burstable",
    ),
    (
        "/kubepods/burstable/pod{P}/crio-conmon-{A}",
        "pod=P/Burstable",
    ),
    ("/kubepods/burstable/pod{P}", "pod=P/Burstable"),
    (
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{p}.slice/cri-containerd-{A}.scope",
        "containerd:A pod=P/Burstable slice=kubepods-burstable-pod{p}.slice",
    ),
    (
        "/kubepods.slice/kubepods-pod{p}.slice/crio-{A}.scope/container",
        "cri-o:A pod=P/Guaranteed slice=kubepods-pod{p}.slice",
    ),
    (
        "/kubepods.slice/kubepods-pod{p}.slice/crio-conmon-{A}.scope",
        "pod=P/Guaranteed unit=crio-conmon-A.scope slice=kubepods-pod{p}.slice",
    ),
    (
        "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{p}.slice/docker-{A}.scope",
        "docker:A pod=P/BestEffort slice=kubepods-besteffort-pod{p}.slice",
    ),
    (
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8d6a31e04f7b4f53a6f2c9d1e0b7a845.slice/cri-containerd-{A}.scope",
        "containerd:A pod=8d6a31e04f7b4f53a6f2c9d1e0b7a845/Burstable slice=kubepods-burstable-pod8d6a31e04f7b4f53a6f2c9d1e0b7a845.slice",
    ),
    (
        "/kubepods-burstable-pod{p}.slice:cri-containerd:{A}",
        "containerd:A pod=P/Burstable",
    ),
    (
        "/system.slice/containerd.service/kubepods-besteffort-pod{p}.slice:cri-containerd:{A}",
        "containerd:A pod=P/BestEffort unit=containerd.service slice=system.slice",
    ),
    (
        "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{p}.slice/cri-containerd-{A}.scope",
        "containerd:A pod=P/Guaranteed slice=kubelet-kubepods-pod{p}.slice",
    ),
    (
        "/docker/{A}/kubelet/kubepods/besteffort/pod{P}/{B}",
        "docker:A inside(?:B pod=P/BestEffort)",
    ),
    // containerd without Kubernetes, runc alone.
    ("/default/{A}", "containerd:A"),
    (
        "/system.slice/nerdctl-{A}.scope",
        "containerd:A slice=system.slice",
    ),
    (
        "/system.slice/runc-web.scope",
        "runc:web slice=system.slice",
    ),
    // Podman.
    (
        "/machine.slice/libpod-{A}.scope/container",
        "podman:A slice=machine.slice",
    ),
    (
        "/machine.slice/libpod-conmon-{A}.scope",
        "unit=libpod-conmon-A.scope slice=machine.slice",
    ),
    (
        "/machine.slice/machine-libpod_pod_{B}.slice/libpod-{A}.scope",
        "podman:A slice=machine-libpod_pod_B.slice",
    ),
    ("/libpod_parent/libpod-{A}", "podman:A"),
    ("/libpod_parent/libpod-conmon-{A}", ""),
    (
        "/system.slice/nginx.service/libpod-payload-{A}",
        "podman:A unit=nginx.service slice=system.slice",
    ),
    (
        "/system.slice/nginx.service/runtime",
        "unit=nginx.service slice=system.slice",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{A}.scope/container",
        "podman:A claimed unit=user@1000.service slice=user.slice manager=1000",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/redis.service/libpod-payload-{A}",
        "podman:A claimed unit=redis.service of=1000 slice=app.slice manager=1000",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/docker.service/docker/{A}",
        "docker:A claimed unit=docker.service of=1000 slice=app.slice manager=1000",
    ),
    // LXC and machines.
    ("/lxc/web", "lxc:web"),
    ("/lxc/101/ns/init.scope", "lxc:101 inside(unit=init.scope)"),
    (
        "/lxc.payload/web/system.slice/ssh.service",
        "lxc:web inside(unit=ssh.service slice=system.slice)",
    ),
    (
        "/lxc.payload.web/user.slice/user-0.slice/session-1.scope",
        "lxc:web inside(unit=session-1.scope slice=user-0.slice session=1 uid=0)",
    ),
    ("/lxc.payload.ci/docker/{A}", "lxc:ci inside(docker:A)"),
    ("/lxc.monitor.web", ""),
    ("/lxc.monitor/web", ""),
    (
        "/machine.slice/systemd-nspawn@my\\x2dbox.service/payload",
        "systemd-nspawn:my-box slice=machine.slice",
    ),
    (
        "/machine.slice/machine-my\\x2dbox.scope/payload/init.scope",
        "systemd-nspawn:my-box slice=machine.slice inside(unit=init.scope)",
    ),
    (
        "/machine.slice/machine-lxc\\x2d12\\x2dweb.scope",
        "lxc:lxc-12-web slice=machine.slice",
    ),
    // Others.
    ("/ecs/0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f/{A}", "?:A"),
    (
        "/ecs/8d6a31e04f7b4f53a6f2c9d1e0b7a845/8d6a31e04f7b4f53a6f2c9d1e0b7a845-2531612879",
        "?:8d6a31e04f7b4f53a6f2c9d1e0b7a845-2531612879",
    ),
    (
        "/garden/8f1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
        "garden:8f1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
    ),
    // Look-alikes. A bare id where a user rules is nothing, an engine's form is a claim; the login stays.
    (
        "/user.slice/user-1000.slice/session-3.scope/{A}",
        "unit=session-3.scope slice=user-1000.slice session=3 uid=1000",
    ),
    (
        "/user.slice/user-1000.slice/session-3.scope/docker/{A}",
        "docker:A claimed unit=session-3.scope slice=user-1000.slice session=3 uid=1000",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service/{A}",
        "unit=user@1000.service slice=user-1000.slice manager=1000",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service/kubepods/pod{P}/docker-{A}.scope",
        "docker:A claimed pod=P/Guaranteed unit=user@1000.service slice=user-1000.slice manager=1000",
    ),
    // Units within units, logins within logins: the outermost is systemd's.
    (
        "/system.slice/web.service/sshd.service",
        "unit=web.service slice=system.slice",
    ),
    (
        "/system.slice/web.service/user.slice/user-0.slice/session-1.scope",
        "unit=web.service slice=system.slice",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service/apt-daily.service",
        "unit=a.service of=1000 slice=app.slice manager=1000",
    ),
    (
        "/user.slice/user-1000.slice/user@1000.service/user@0.service/session-1.scope",
        "unit=user@0.service of=1000 slice=user-1000.slice manager=1000",
    ),
    // What is no id, no uid, no path.
    ("/docker/../x", ""),
    ("/docker/{A}/../{B}", ""),
    ("/docker/{A}0", ""),
    (
        "/docker/9EC39B91F3D70E1BEFF50A308F77067065EA6BE0D91A3378375056CD4422CF3D",
        "",
    ),
    (
        "/system.slice/docker-web.scope",
        "unit=docker-web.scope slice=system.slice",
    ),
    (
        "/system.slice/docker-{A}.service",
        "unit=docker-A.service slice=system.slice",
    ),
    ("/pod{P}", ""),
    ("/kubepods/podcast", ""),
    ("/mykubepods-pod{p}.slice", "slice=mykubepods-pod{p}.slice"),
    (
        "/user.slice/user-x.slice/session-3.scope",
        "unit=session-3.scope slice=user-x.slice session=3 uid=?",
    ),
    (
        "/user.slice/user-99999999999.slice/user@99999999999.service",
        "unit=user@99999999999.service slice=user-99999999999.slice",
    ),
    ("/session-3;rm.scope", "unit=session-3;rm.scope"),
    ("/lxc.payload.", ""),
    (
        "/system.slice/\x1b[31m.service",
        "unit=\\u{1b}[31m.service slice=system.slice",
    ),
    (
        "/system.slice/a\\x1b\\xff.service",
        "unit=a\\u{1b}\\xff.service slice=system.slice",
    ),
    (
        "//system.slice//ssh.service/",
        "unit=ssh.service slice=system.slice",
    ),
];
