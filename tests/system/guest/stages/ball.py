# SPDX-License-Identifier: Apache-2.0
"""The virtual ball in the guest, the driver probe, and what the kernel says about them."""
import csv
import json
import re
from pathlib import Path

from checks import read, wait_for

VENDOR, PRODUCT = "1209", "0001"
USB_DEVICES = Path("/sys/bus/usb/devices")


def kernel_balls():
    """Serials of the balls the kernel has enumerated."""
    found = []
    for device in USB_DEVICES.glob("*-*"):
        if read(device / "idVendor") == VENDOR and read(device / "idProduct") == PRODUCT:
            found.append(read(device / "serial"))
    return sorted(found)


class Ball:
    """A running knead-ball, told what to do over its standard input."""

    def __init__(self, lab, report, *options, serials=("KB0001",), attach=True):
        self._report = report
        self.trace_path = lab.file("motor.csv")
        arguments = [lab.binary("knead-ball"), "usbip", "--control", "-", "--motor-trace", self.trace_path]
        for serial in serials:
            arguments += ["--serial", serial]
        if attach:
            arguments.append("--attach")
        self.program = lab.start("knead-ball", [*arguments, *map(str, options)])
        if attach:
            report.require("the kernel enumerates the ball", wait_for(lambda: kernel_balls() == sorted(serials)),
                           kernel_balls() or self.program.output[-200:])

    def tell(self, command):
        said = self.program.output.count(f"ok {command}")
        self.program.say(command)
        self._report.require(f"the ball obeys: {command}",
                             wait_for(lambda: self.program.output.count(f"ok {command}") > said),
                             self.program.output[-200:] if not self.program.running else "")

    def motor_changes(self):
        """Complete lines of the motor trace."""
        text = read(self.trace_path) + "\n"
        rows = [row for row in csv.DictReader(text.splitlines()) if row.get("cause")]
        return [{"boot": int(row["boot"]), "device_us": int(row["device_us"]), "host_ns": int(row["host_ns"]),
                 "level": int(row["level"]), "cause": row["cause"]} for row in rows]

    def motor_level(self):
        changes = self.motor_changes()
        return changes[-1]["level"] if changes else 0


    def dropped_readings(self):
        """What the ball has counted as lost since it got power."""
        self.tell("status")
        return int(re.findall(r"dropped=(\d+)", self.program.output)[-1])


class Probe:
    """tests/usb_probe: the libusb driver without a daemon."""

    def __init__(self, lab, *options):
        program = lab.build / "tests" / "usb_probe"
        if not program.exists():
            raise LookupError("usb_probe is not built: build the target usb_probe")
        self.program = lab.start("usb_probe", [program, *map(str, options)])

    def events(self, kind=None):
        lines = [line for line in self.program.output.splitlines() if line.startswith("{")]
        parsed = []
        for line in lines:
            try:
                parsed.append(json.loads(line))
            except json.JSONDecodeError:
                pass  # the last line, half written
        return [event for event in parsed if kind is None or event["event"] == kind]

    def wait_for(self, kind, count=1):
        """@return the events of that kind once there are so many, else an empty list."""
        return wait_for(lambda: self.events(kind) if len(self.events(kind)) >= count else [])
