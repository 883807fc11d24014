# SPDX-License-Identifier: Apache-2.0
"""The libusb driver streams at 1 kHz, sees what is lost, and follows the cable."""
from checks import output_of, wait_for
from stages.ball import Ball, Probe, kernel_balls

REPORTS = 5000
MAX_READINGS = 12  # in one report, hw/PROTOCOL.md


def check_end(report, end, missing=0, bad=0):
    """@param missing readings the ball was told to lose. What a busy machine made it lose as well, it has counted."""
    report.check("no reading is missing but those the ball says it lost",
                 missing <= end["missing"] <= end["dropped"] + missing, end)
    report.check("each bad report was made so", end["bad"] == bad, end["bad"])
    report.check("no transfer failed", end["errors"] == 0, end["errors"])


def stage(lab, report):
    Ball(lab, report)
    probe = Probe(lab, "--reports", REPORTS)
    report.require("the driver finds the ball", probe.wait_for("arrived"), probe.program.output[-300:])
    report.require(f"{REPORTS} reports", probe.wait_for("ended"), probe.program.output[-300:])
    end = probe.events("ended")[0]
    report.check("each report arrived once", end["reports"] >= REPORTS and end["readings"] >= REPORTS, end)
    check_end(report, end)
    report.check("the driver ends in peace", probe.program.wait() == 0, probe.program.exit_code)


def faults(lab, report):
    """A gap and garbage are seen for what they are."""
    ball = Ball(lab, report)
    probe = Probe(lab, "--reports", REPORTS)
    report.require("it streams", probe.wait_for("streaming"), probe.program.output[-300:])
    ball.tell("drop 7")
    ball.tell("garble 3")
    report.require("it goes on to the end", probe.wait_for("ended"), probe.program.output[-300:])
    end = probe.events("ended")[0]
    # A garbled report's own readings are missing too: one, or as many as a report holds where the guest falls behind.
    # What a busy machine made the ball lose between two reports is missing too. What it lost before the first or after
    # the last leaves no gap behind, and is in the ball's own count alone.
    report.check("the 7 dropped readings are missing",
                 end["dropped"] >= 7 and 7 + 3 <= end["missing"] <= end["dropped"] + 3 * MAX_READINGS, end)
    report.check("3 reports were garbage", end["bad"] == 3, end["bad"])


def cable(lab, report):
    """Unplug ends the stream, replug brings it back, by hotplug alone."""
    ball = Ball(lab, report)
    probe = Probe(lab)
    report.require("it streams", probe.wait_for("streaming"), probe.program.output[-300:])
    for plug in (1, 2, 3):
        ball.tell("unplug")
        report.require(f"unplug {plug}: the kernel lets it go", wait_for(lambda: not kernel_balls()))
        report.require(f"unplug {plug}: the driver says so", probe.wait_for("left", plug), probe.program.output[-300:])
        report.check(f"unplug {plug}: the stream ended once", len(probe.events("ended")) == plug)
        ball.tell("replug")
        report.require(f"replug {plug}: it streams again", probe.wait_for("streaming", plug + 1),
                       probe.program.output[-300:])
    report.check("each arrival was announced once", len(probe.events("arrived")) == 4, len(probe.events("arrived")))


def two(lab, report):
    """Two balls at once, told apart by serial."""
    ball = Ball(lab, report, serials=("KB0001", "KB0002"))
    probe = Probe(lab)
    report.require("both stream", probe.wait_for("streaming", 2), probe.program.output[-300:])
    serials = sorted(event["serial"] for event in probe.events("streaming"))
    report.check("they are told apart by serial", serials == ["KB0001", "KB0002"], serials)
    ball.tell("unplug 1-2")
    report.require("one leaves", probe.wait_for("ended"), probe.program.output[-300:])
    report.check("it is the right one", probe.events("ended")[0]["serial"] == "KB0002")
    report.check("the other stays", kernel_balls() == ["KB0001"], kernel_balls())
    _, text = output_of(["lsusb", "-d", "1209:0001"])
    report.check("lsusb lists one", text.count("1209:0001") == 1, text.strip())
