# SPDX-License-Identifier: Apache-2.0
"""The ordinary way: a USB/IP server on loopback TCP and Debian's usbip tool."""
import re
from pathlib import Path

from checks import output_of, wait_for
from stages.ball import Ball, Probe, kernel_balls


def stage(lab, report):
    Path("/var/run").mkdir(exist_ok=True)  # where usbip keeps what it attached
    ball = Ball(lab, report, serials=("KB0001", "KB0002"), attach=False)
    report.require("it listens on loopback", wait_for(lambda: "127.0.0.1:3240" in ball.program.output),
                   ball.program.output[-200:])
    code, text = output_of(["usbip", "list", "-r", "127.0.0.1"])
    report.check("usbip list shows both balls", code == 0 and re.search(r"\b1-1: .*1209:0001", text)
                 and re.search(r"\b1-2: .*1209:0001", text), text.strip()[-300:])

    code, text = output_of(["usbip", "attach", "-r", "127.0.0.1", "-b", "1-1"])
    report.require("usbip attach takes the first", code == 0, text.strip()[-300:])
    report.require("the kernel enumerates it", wait_for(lambda: kernel_balls() == ["KB0001"]), kernel_balls())
    code, text = output_of(["usbip", "attach", "-r", "127.0.0.1", "-b", "1-1"])
    report.check("a second host is refused", code != 0, text.strip()[-200:])
    code, text = output_of(["usbip", "attach", "-r", "127.0.0.1", "-b", "1-7"])
    report.check("a ball that is not there is refused", code != 0, text.strip()[-200:])

    probe = Probe(lab, "--reports", 2000)
    report.require("it streams over TCP", probe.wait_for("ended"), probe.program.output[-300:])
    end = probe.events("ended")[0]
    report.check("no reading is missing but those the ball says it lost", end["missing"] <= end["dropped"], end)

    _, text = output_of(["usbip", "port"])
    ports = re.findall(r"^Port (\d+):", text, re.MULTILINE)
    report.require("usbip port shows it", len(ports) == 1, text.strip()[-300:])
    code, text = output_of(["usbip", "detach", "-p", ports[0]])
    report.check("usbip detach lets it go", code == 0, text.strip()[-200:])
    report.check("the kernel lets it go", wait_for(lambda: not kernel_balls()), kernel_balls())
    report.check("the ball notices", wait_for(lambda: "1-1 KB0001 detached" in ball.program.output),
                 ball.program.output[-200:])
