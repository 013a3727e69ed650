"""Keeps a way back while a host is being changed: snapshot, timed revert without network, and undo of the last run.

Runs on the host as root with its own python3, so it imports nothing beyond the standard library.
    arm --after N   take a snapshot (or keep that of an unfinished run) and start the timer
    settle          a new login was proved: stop the timer, keep the snapshot if the run changed anything
    revert WHICH    undo what the run of `pending` or `last` changed; what others changed since stays and is named
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STORE = Path("/var/lib/ganyun/revert")
EFFECTIVE = Path("/var/lib/ganyun/effective")
DPKG = Path("/usr/bin/dpkg")
UNIT = "ganyun-revert"
# Whole trees that come back byte for byte, and places of which only owner and mode are ours to restore.
TREES = ("/etc", "/usr/share/pam-configs", "/var/lib/pam")
MODES = ("/home/*", "/var/log", "/var/log/*")
# Anything else whose mode a run may tighten: what gives rights, or lets anybody write.
SPECIAL = ("find", "/", "-xdev", "(", "-type", "f", "-o", "-type", "d", ")", "-perm", "/6002", "-print0")

# A start of the host ends the timer, so whatever is unfinished then is put back at once. Lies outside of /etc.
BOOT_UNIT = Path("/usr/local/lib/systemd/system") / f"{UNIT}-at-boot.service"
BOOT_TEXT = f"""[Unit]
Description=Put back an unfinished change
ConditionPathExists={STORE}/pending
After=ssh.service nftables.service
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 {STORE}/safe_change.py revert pending
"""

State = dict[str, Any]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command without a shell; the caller judges its exit status."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def entry(path: Path, content: bool) -> list[str | int]:
    """What identifies one path: kind, mode, owner and, where content counts, its digest."""
    state = path.lstat()
    what = ""
    if path.is_symlink():
        what = str(path.readlink())
    elif content and stat.S_ISREG(state.st_mode):
        what = hashlib.sha256(path.read_bytes()).hexdigest()
    return [stat.S_IFMT(state.st_mode), stat.S_IMODE(state.st_mode), state.st_uid, state.st_gid, what]


def manifest(trees: tuple[str, ...]) -> dict[str, list[str | int]]:
    """Describe every path below the trees."""
    roots = [Path(tree) for tree in trees if Path(tree).exists()]
    return {str(path): entry(path, content=True) for root in roots for path in (root, *root.rglob("*"))}


def modes(patterns: tuple[str, ...]) -> dict[str, list[str | int]]:
    """Describe owner and mode of paths whose content is not ours."""
    paths = (path for pattern in patterns for path in Path("/").glob(pattern.lstrip("/")))
    return {str(path): entry(path, content=False) for path in paths}


def special() -> dict[str, list[str | int]]:
    """Describe what has a special mode now, outside of the trees."""
    found = (Path(name) for name in run(*SPECIAL).stdout.split("\0") if name and not name.startswith(TREES))
    return {str(path): entry(path, content=False) for path in found if path.exists()}


def packages() -> dict[str, str]:
    """Installed packages with their versions."""
    if not DPKG.exists():
        listed = run("rpm", "--query", "--all", "--queryformat=ii\t%{NAME}\t%{EVR}\n").stdout
    else:
        listed = run("dpkg-query", "-W", "-f=${db:Status-Abbrev}\t${Package}\t${Version}\n").stdout
    rows = (line.split("\t") for line in listed.splitlines())
    return {name: version for status, name, version in rows if status.startswith("ii")}


def units() -> dict[str, str]:
    """Services that run now, without those of log-in sessions and our own."""
    listed = run("systemctl", "list-units", "--type=service", "--state=running", "--plain", "--no-legend").stdout
    names = (line.split()[0] for line in listed.splitlines() if line)
    return {name: "running" for name in names if not name.startswith(("user@", "user-runtime-dir@", UNIT))}


def sysctls() -> dict[str, str]:
    """Network settings of the kernel, the only ones that a container may change."""
    listed = run("sysctl", "-a", "-r", r"^net\.ipv[46]\.").stdout
    pairs = (line.partition(" = ") for line in listed.splitlines())
    return {name: value for name, _, value in pairs}


def state_now() -> State:
    """Everything that a run may change and that can be put back."""
    kinds = {"trees": manifest(TREES), "modes": special() | modes(MODES)}
    return {**kinds, "packages": packages(), "units": units(), "sysctls": sysctls()}


def snapshot(store: Path) -> None:
    """Write the state before the change; complete or not there at all."""
    fresh = store.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    with tarfile.open(fresh / "trees.tar", "w") as tar:
        for tree in TREES:
            if Path(tree).exists():
                tar.add(tree)
    (fresh / "ruleset.nft").write_text("flush ruleset\n" + run("nft", "list", "ruleset").stdout)
    (fresh / "before.json").write_text(json.dumps(state_now()))
    fresh.rename(store)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """Names that were added, removed or changed."""
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def restore_trees(tar_path: Path, before: Mapping[str, Any], names: set[str]) -> None:
    """Remove the paths that were not there before, put back the others from the archive."""
    for name in sorted(names - set(before), reverse=True):
        path = Path(name)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    with tarfile.open(tar_path) as tar:
        for member in tar.getmembers():
            path = Path("/", member.name)
            if str(path) in names:
                if not member.isdir():
                    path.unlink(missing_ok=True)
                tar.extract(member, "/", numeric_owner=True)


def forget_effect(records: Path, names: set[str]) -> None:
    """Remove each record that settings took effect (role in_effect) which names a path that was put back."""
    for record in records.glob("*"):
        if names & {line.rpartition(" ")[0] for line in record.read_text().splitlines()}:
            record.unlink()


def restore_modes(before: Mapping[str, Any], names: set[str]) -> None:
    """Put back owner and mode; the home of an account that no longer exists goes."""
    known = {line.split(":")[2] for line in Path("/etc/passwd").read_text().splitlines() if line.count(":") > 2}
    for path in (Path(name) for name in names if Path(name).exists()):
        if str(path) in before:
            _, mode, uid, gid, _ = before[str(path)]
            os.chown(path, uid, gid)
            path.chmod(mode)
        elif path.parent == Path("/home") and str(path.lstat().st_uid) not in known:
            shutil.rmtree(path)


def restore_packages(before: Mapping[str, str], names: set[str]) -> list[list[str]]:
    """Commands that remove what was added (no network needed) and fetch again what was removed or upgraded.

    dpkg and rpm, unlike apt and dnf, keep an added package that something else has come to need since.
    """
    if not DPKG.exists():
        old = sorted(f"{name}-{before[name]}" for name in names if name in before)
        fresh = sorted(names - set(before))
        return [["rpm", "--erase", *fresh]] * bool(fresh) + [["dnf", "-y", "-q", "install", *old]] * bool(old)
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q", "--allow-downgrades"]
    gone = sorted(f"{name}={before[name]}" for name in names if name in before)
    added = sorted(names - set(before))
    return [["dpkg", "--purge", *added]] * bool(added) + [[*apt, "install", *gone]] * bool(gone)


def attempt(commands: list[list[str]]) -> list[str]:
    """Run all commands whatever happens to one of them; returns the complaints."""
    done = [(command, run(*command)) for command in commands]
    return [f"{' '.join(command)}: {result.stderr.strip()}" for command, result in done if result.returncode]


def revert(store: Path) -> None:
    """Undo the run: packages, files, modes, kernel settings, firewall, services."""
    if not store.exists():
        sys.exit(f"no snapshot named {store.name}: nothing to revert")
    before: State = json.loads((store / "before.json").read_text())
    now = state_now()
    after_path = store / "after.json"
    after: State = json.loads(after_path.read_text()) if after_path.exists() else now
    ours = {kind: difference(before[kind], after[kind]) for kind in before}
    since = {kind: difference(after[kind], now[kind]) for kind in before}
    mine = {kind: ours[kind] - since[kind] for kind in before}
    failed = attempt(restore_packages(before["packages"], mine["packages"]))
    # Packages that come and go take files along.
    mine["trees"] = difference(before["trees"], manifest(TREES)) - since["trees"]
    restore_trees(store / "trees.tar", before["trees"], mine["trees"])
    forget_effect(EFFECTIVE, mine["trees"])
    restore_modes(before["modes"], mine["modes"])
    failed += attempt(
        [
            ["sysctl", "-q", "-w", f"{name}={before['sysctls'][name]}"]
            for name in mine["sysctls"] & set(before["sysctls"])
        ]
        + [["nft", "-f", str(store / "ruleset.nft")], ["systemctl", "daemon-reload"]]
        + [["systemctl", "stop" if name not in before["units"] else "start", name] for name in sorted(mine["units"])]
        + [["systemctl", "try-reload-or-restart", "ssh.service" if DPKG.exists() else "sshd.service"]]
        + [["systemctl", "try-restart", f"{name}.service"] for name in ("rsyslog", "systemd-journald")]
    )
    shutil.rmtree(store)
    kept = {kind: sorted(ours[kind] & since[kind]) for kind in before if ours[kind] & since[kind]}
    report = {"reverted": sorted(mine["trees"]), "changed_since_and_kept": kept, "failed": failed}
    print(json.dumps(report, ensure_ascii=False, indent=1))
    sys.exit(1 if failed else 0)


def disarm() -> None:
    """Stop the timer; that it is not there is the usual case."""
    run("systemctl", "stop", f"{UNIT}.timer")
    run("systemctl", "reset-failed", f"{UNIT}.service")


def watch_boot() -> None:
    """Have systemd look for an unfinished change at every start."""
    wanted = BOOT_UNIT.parent / "multi-user.target.wants" / BOOT_UNIT.name
    if not wanted.is_symlink():
        wanted.parent.mkdir(parents=True, exist_ok=True)
        BOOT_UNIT.write_text(BOOT_TEXT)
        wanted.symlink_to(BOOT_UNIT)


def arm(after: int) -> None:
    """Start the timer; an unfinished run's snapshot stays the one to return to."""
    disarm()
    watch_boot()
    if not (STORE / "pending").exists():
        snapshot(STORE / "pending")
    timer = [f"--unit={UNIT}", f"--on-active={after}", "--timer-property=AccuracySec=1s"]
    action = ["/usr/bin/python3", str(STORE / "safe_change.py"), "revert", "pending"]
    subprocess.run(["systemd-run", "--quiet", *timer, *action], check=True)


def settle() -> None:
    """End the change: keep the snapshot as `last` only if there is something to undo."""
    pending, last = STORE / "pending", STORE / "last"
    if not pending.exists():
        sys.exit("the timed revert ran before this run ended: run again, with longer safe_change_* times")
    disarm()
    before, after = json.loads((pending / "before.json").read_text()), state_now()
    changed = any(difference(before[kind], after[kind]) for kind in ("trees", "packages"))
    if changed:
        (pending / "after.json").write_text(json.dumps(after))
        shutil.rmtree(last, ignore_errors=True)
        pending.rename(last)
    else:
        shutil.rmtree(pending)
    print("changed" if changed else "unchanged")


def main() -> None:
    """Read the verb."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["arm", "settle", "revert"])
    parser.add_argument("which", nargs="?", choices=["pending", "last"], default="last")
    parser.add_argument("--after", type=int, default=600)
    chosen = parser.parse_args()
    if chosen.verb == "arm":
        arm(chosen.after)
    elif chosen.verb == "settle":
        settle()
    else:
        revert(STORE / chosen.which)


if __name__ == "__main__":
    main()
