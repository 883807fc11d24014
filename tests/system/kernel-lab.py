#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The kernel lab: boots Debian's kernel in QEMU and runs the built programs of a build directory in it, against the ball
attached through vhci_hcd. Needs no root, no KVM, no USB on the host; only apt's package lists and the tools named in
CONTRIBUTING.md.

    tests/system/kernel-lab.py BUILD_DIR [--stage NAME]... [--skip NAME]... [--timeout SECONDS] [--accel kvm|tcg]

The guest sees the host's / read-only (9p), overlaid with the unpacked packages, so programs built here run unmodified.
Everything it wrote stays in BUILD_DIR/kernel-lab/run: console.log, results.jsonl, one log for each program.

Exit code: 0 each check passed, 1 a check failed or the guest died, 2 wrong use or something is missing.
"""
import argparse
import json
import shutil
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree may be read-only
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from lab import initramfs, machine, packages  # noqa: E402
from lab.packages import LabError  # noqa: E402

# A guest that boots at all says so within seconds, under plain emulation on a busy machine within a minute or two.
# KVM that opens and then does not run (nested, misconfigured) is found out sooner and replaced by emulation.
ALIVE_WITHIN_S = {"kvm": 20, "tcg": 300}


def options():
    parser = argparse.ArgumentParser(description="Run the built programs on a real Linux kernel in QEMU.")
    parser.add_argument("build", type=Path, help="build directory, with bin/knead-ball in it")
    parser.add_argument("--stage", action="append", default=[], help="run only this stage; may be repeated")
    parser.add_argument("--skip", action="append", default=[], help="leave this stage out; may be repeated")
    parser.add_argument("--timeout", type=float, default=900, help="seconds for everything (default 900)")
    parser.add_argument("--accel", choices=("kvm", "tcg"), help="default: kvm where it works, else tcg")
    return parser.parse_args()


class Results:
    """Follows results.jsonl while the guest writes it, and prints each check once."""

    def __init__(self, path):
        self._path = path
        self._read = 0
        self.checks = []
        self.alive = False
        self.ended = False

    def poll(self):
        if not self._path.exists():
            return
        text = self._path.read_text()
        complete = text[:text.rfind("\n") + 1]
        for line in complete[self._read:].splitlines():
            self._take(json.loads(line))
        self._read = len(complete)

    def _take(self, entry):
        if entry["kind"] == "alive":
            self.alive = True
        elif entry["kind"] == "end":
            self.ended = True
        else:
            self.checks.append(entry)
            show(entry)

    @property
    def failed(self):
        return [check for check in self.checks if check["result"] == "fail"]


LONGEST_NOTE = 60


def show(check):
    """One line for each check; the whole of what was seen only where it helps to find out why it failed."""
    mark = {"pass": "pass", "fail": "FAIL", "skip": "skip"}[check["result"]]
    seen = " ".join(check["detail"].split())
    if check["result"] == "pass" and len(seen) > LONGEST_NOTE:
        seen = ""
    print(f"  {mark}  {check['stage']:<10} {check['name']}" + (f"  ({seen})" if seen else ""), flush=True)


def boot(lab, build, chosen, accelerators, deadline):
    """Boots until one accelerator brings the guest to life. @return (Results, problem or None)."""
    cache = lab / "cache"
    tree, versions = packages.unpack([packages.kernel_package(), *packages.GUEST_PACKAGES], cache)
    print("kernel lab: " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    image = initramfs.bootable_image(tree, cache)
    results, problem = None, "no accelerator"
    for accelerator in accelerators:
        run = lab / "run"
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir()
        # The console log belongs to QEMU alone: on the 9p share the guest could see it grow.
        console = lab / "console.log"
        (run / "plan.json").write_text(json.dumps({"source": str(HERE.parent.parent), "build": str(build),
                                                   **chosen, "accelerator": accelerator}))
        variables = {"LAB_PROGRAM": HERE / "guest" / "main.py", "LAB_PYTHON": python()}
        initramfs.build(tree, HERE / "guest" / "init", variables, lab / "initramfs")
        results = Results(run / "results.jsonl")
        print(f"kernel lab: booting {initramfs.kernel_release(tree)} with {accelerator}", flush=True)
        guest = machine.Machine(image, lab / "initramfs", tree, run, console)
        problem = guest.run(accelerator, deadline, ALIVE_WITHIN_S[accelerator], lambda: results.alive, results.poll)
        results.poll()
        if results.alive or time.monotonic() > deadline:
            break
        print(f"kernel lab: {accelerator}: {problem or 'the guest powered off before it came to life'}")
    return results, problem


def python():
    """Python for the guest: the system's where there is one, since the guest sees only what the host's / holds."""
    system = Path("/usr/bin/python3")
    return system if system.exists() else Path(sys.executable).resolve()


def main():
    arguments = options()
    build = arguments.build.resolve()
    if not (build / "bin" / "knead-ball").exists():
        print(f"kernel lab: {build}/bin/knead-ball is not there; build first", file=sys.stderr)
        return 2
    deadline = time.monotonic() + arguments.timeout
    accelerators = [arguments.accel] if arguments.accel else (["kvm"] if machine.kvm_usable() else []) + ["tcg"]
    lab = build / "kernel-lab"
    lab.mkdir(exist_ok=True)
    try:
        results, problem = boot(lab, build, {"stages": arguments.stage, "skip": arguments.skip}, accelerators, deadline)
    except LabError as error:
        print(f"kernel lab: {error}", file=sys.stderr)
        return 2
    if problem is None and not results.ended:
        problem = "the guest powered off before its program had ended"
    if problem:
        print(f"  FAIL  machine    {problem}")
    passed = sum(check["result"] == "pass" for check in results.checks)
    skipped = sum(check["result"] == "skip" for check in results.checks)
    print(f"kernel lab: {passed} passed, {len(results.failed)} failed, {skipped} skipped; logs in {lab}")
    return 1 if problem or results.failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
