# SPDX-License-Identifier: Apache-2.0
"""The stages, in the order in which they run. Each is a function (lab, report)."""
from stages import boot, descriptors, motor, session, stream, tcp
from stages.lab import Lab

ALL = {
    "boot": boot.stage,
    "lsusb": descriptors.stage,
    "stream": stream.stage,
    "faults": stream.faults,
    "cable": stream.cable,
    "two-balls": stream.two,
    "motor": motor.stage,
    "tcp": tcp.stage,
    "session": session.composed,
    "recorded": session.recorded,
    "replug": session.cable,
    "killed": session.killed,
}
# What every other stage stands on.
ALWAYS = {"boot"}

__all__ = ["ALL", "ALWAYS", "Lab"]
