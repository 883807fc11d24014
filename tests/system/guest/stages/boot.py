# SPDX-License-Identifier: Apache-2.0
"""A kernel with vhci_hcd, and systemd-udevd: without it libusb sees no hotplug."""
import os
from pathlib import Path

from checks import output_of, wait_for

VHCI = Path("/sys/devices/platform/vhci_hcd.0")


def stage(lab, report):
    report.check("a kernel is up", True, os.uname().release)
    report.require("vhci_hcd offers ports", (VHCI / "status").exists())

    rules = lab.source / "udev" / "70-knead.rules"
    if rules.exists():
        (Path("/etc/udev/rules.d") / rules.name).write_text(rules.read_text())
    # Outlives the stage: everything after it needs it.
    code, text = output_of(["/lib/systemd/systemd-udevd", "--daemon"])
    report.require("systemd-udevd starts", code == 0, text.strip()[-200:])
    report.require("udev listens", wait_for(lambda: os.path.exists("/run/udev/control")))
    output_of(["udevadm", "trigger"])
    code, text = output_of(["udevadm", "settle", "--timeout=50"])
    report.check("udev settles", code == 0, text.strip()[-200:])
