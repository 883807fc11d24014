# SPDX-License-Identifier: Apache-2.0
"""R1 on a real kernel: whoever drives the motor is killed, and the ball stops it by itself."""
import signal
import time

from checks import wait_for
from stages.ball import Ball, Probe

TTL_MS = 500


def wait_between_two_commands(ball, running):
    """
    Once the motor has its strength, commands come each third of the TTL from the last change on. Halfway between two
    none is on its way to the ball, so a kill there makes the bound exact. On a starved machine the motor may stop
    meanwhile, rightly: then anew.
    """
    renewal_ns = TTL_MS * 1_000_000 // 3

    def at_strength():
        changes = ball.motor_changes()
        return changes and changes[-1]["level"] > 0 and time.monotonic_ns() - changes[-1]["host_ns"] > renewal_ns // 2

    for _ in range(20):
        if not wait_for(at_strength):
            return False
        began_ns = ball.motor_changes()[-1]["host_ns"]
        moment_ns = began_ns + ((time.monotonic_ns() - began_ns) // renewal_ns + 1) * renewal_ns + renewal_ns // 2
        wait_for(lambda: time.monotonic_ns() >= moment_ns)
        if ball.motor_level() > 0 and running():
            return True
    return False


def kill_while_it_vibrates(ball, report, program):
    """Kills @p program and reads from the ball's own trace when the motor stopped."""
    report.require("the motor runs", wait_between_two_commands(ball, lambda: program.running))
    program.send(signal.SIGKILL)
    killed_ns = time.monotonic_ns()
    report.require("the motor stops", wait_for(lambda: ball.motor_level() == 0))
    stop = ball.motor_changes()[-1]
    # Both are CLOCK_MONOTONIC of the guest; host_ns is the ball's own clock, on which the TTL ran out.
    after_ms = (stop["host_ns"] - killed_ns) / 1e6
    report.check(f"within {TTL_MS} ms, on the ball's clock", after_ms <= TTL_MS, f"{after_ms:.0f} ms, {stop['cause']}")


def stage(lab, report):
    ball = Ball(lab, report)
    probe = Probe(lab, "--vibrate", 100)
    report.require("the driver reads that it vibrates", probe.wait_for("vibrating"), probe.program.output[-300:])
    kill_while_it_vibrates(ball, report, probe.program)
    report.check("by its own TTL", ball.motor_changes()[-1]["cause"] == "ttl-expired", ball.motor_changes()[-1])
    again = Probe(lab)
    report.check("the ball can be claimed again", again.wait_for("streaming"), again.program.output[-300:])
