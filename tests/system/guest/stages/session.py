# SPDX-License-Identifier: Apache-2.0
"""The main job on a real kernel: kneadd, libusb, a whole session; the cable; the kill."""
import json
import signal

from checks import Skip, output_of, wait_for
from stages import traces
from stages.ball import Ball
from stages.daemon import Daemon
from stages.motor import kill_while_it_vibrates

SESSION_S = 260  # no session of the method outlives 240 s


def begin(lab, report, trace, *ball_options):
    """A daemon, then a ball that arrives, then a session whose person begins when it has begun."""
    daemon = Daemon(lab, report)
    ball = Ball(lab, report, "--trace", trace, *ball_options)
    daemon.require_ball()
    listener = daemon.listen()
    run = daemon.run("upper-trap", "--side", "right")
    session = daemon.session() or {}
    report.require("it waits for the first contact", session.get("phase") == "waiting", session)
    ball.tell("restart")
    return daemon, ball, listener, run


def simulated(lab, trace):
    """What `knead simulate` says the session must come to."""
    code, text = output_of([lab.binary("knead"), "simulate", "--routine", "upper-trap", "--trace", trace,
                            "--side", "right", "--json"])
    if code is None or not text.startswith("{"):
        raise RuntimeError(f"knead simulate: {text[-300:]}")
    return json.loads(text)


def trips(result):
    """Kinds, without those that a busy machine adds: R4 stops the motor when nothing was heard for 20 ms."""
    return [trip["kind"] for trip in result["trips"] if trip["kind"] not in ("stale", "gap")]


def whole(lab, report, trace, speed=1):
    expected = simulated(lab, trace)
    daemon, ball, listener, run = begin(lab, report, trace, "--speed", speed)
    report.require("the session ends", wait_for(lambda: listener.heard("ended"), SESSION_S), daemon.session())
    result = listener.heard("ended")[0]["report"]
    session_id = listener.heard("ended")[0]["session_id"]

    report.check("its outcome is the simulated one", result["outcome"] == expected["outcome"],
                 f"{result['outcome']}, simulated {expected['outcome']}")
    report.check("knead run ends with the outcome's exit code",
                 run.wait() == (0 if expected["outcome"] == "completed" else 1), run.exit_code)
    credited, wanted = result["release"]["credited_s"], expected["release"]["credited_s"]
    # A reading that the busy machine lost earns no credit (R7): at most a few, which the ball has counted.
    report.check("its credited time is the simulated one", abs(credited - wanted) <= max(0.1, 0.01 * wanted),
                 f"{credited:.2f} s, simulated {wanted:.2f} s")
    reps = [len(r["activation"]["reps"]) for r in (result, expected)]
    report.check("its reps are the simulated ones", reps[0] == reps[1], f"{reps[0]}, simulated {reps[1]}")
    report.check("no interlock trip but the simulated ones", trips(result) == trips(expected), result["trips"])
    report.check("the motor ran and is off", ball.motor_changes() and ball.motor_level() == 0)
    check_record(report, daemon, ball, session_id)
    daemon.end()


def check_record(report, daemon, ball, session_id):
    """Nothing is lost silently (R6): what is stored and what is said to be missing make up the whole sequence."""
    dropped = ball.dropped_readings()
    seen = daemon.ball() or {}
    report.check("the daemon misses no reading but those the ball says it lost",
                 seen.get("lost", 1 << 30) <= dropped, f"{seen.get('lost')} missing, {dropped} dropped by the ball")
    code, text = daemon.knead("export", str(session_id), "--format", "json")
    report.require("knead export prints the record", code == 0, text[-300:])
    stored = json.loads(text)
    columns, rows = stored["samples"]["columns"], stored["samples"]["rows"]
    report.require("samples are stored", len(rows) > 1000, len(rows))
    at = columns.index("seq")
    span = rows[-1][at] - rows[0][at] + 1
    gaps = sum(gap["count"] for gap in stored["gaps"])
    report.check("stored samples and gap rows make up the sequence", len(rows) + gaps == span,
                 f"{len(rows)} stored + {gaps} in gaps, {span} in sequence")


def composed(lab, report):
    """At life's own speed and 1 kHz."""
    whole(lab, report, traces.whole_session(lab.file("trace.csv")))


def recorded(lab, report):
    """A recorded hand, twice as fast as life."""
    source = lab.source.parent / "shared" / "data" / "squeeze-b.csv"
    if not source.exists():
        raise Skip(f"no {source.name}")
    whole(lab, report, traces.recorded(lab.file("trace.csv"), source, speed=2), speed=2)


def cable(lab, report):
    """R5: unplug pauses, replug is usable again, and nothing resumes by itself."""
    daemon, ball, listener, _run = begin(lab, report, traces.pressed(lab.file("trace.csv")))
    report.require("it vibrates in the band", wait_for(lambda: ball.motor_level() > 0), daemon.session())
    ball.tell("unplug")
    report.check("the motor is off with the cable", ball.motor_level() == 0)
    report.require("the session is paused", wait_for(lambda: (daemon.session() or {}).get("paused")), daemon.session())
    ball.tell("replug")
    daemon.require_ball("the ball is usable again")
    report.check("the session is still paused", (daemon.session() or {}).get("paused"), daemon.session())
    report.check("the motor is still off", ball.motor_level() == 0)
    code, text = daemon.knead("resume")
    report.check("a person resumes", code == 0, text[-200:])
    report.check("it vibrates again", wait_for(lambda: ball.motor_level() > 0), daemon.session())
    code, text = daemon.knead("stop")
    report.check("a person stops", code == 0, text[-200:])
    report.check("the motor is off", wait_for(lambda: ball.motor_level() == 0))
    report.check("the session says so", wait_for(lambda: listener.heard("ended"))
                 and listener.heard("ended")[0]["report"]["outcome"] == "stopped", listener.heard("ended"))


def killed(lab, report):
    """R1: kneadd is killed in mid-vibration."""
    daemon, ball, _listener, run = begin(lab, report, traces.pressed(lab.file("trace.csv")))
    wait_for(lambda: ball.motor_level() > 0)
    kill_while_it_vibrates(ball, report, daemon.program)
    report.check("by the ball's own TTL", ball.motor_changes()[-1]["cause"] == "ttl-expired", ball.motor_changes()[-1])
    report.check("knead run notices", run.wait() not in (0, None), run.exit_code)
    daemon.program.wait()
    daemon.socket.unlink(missing_ok=True)
    again = Daemon(lab, report)
    again.require_ball("a new kneadd finds the ball")
    report.check("the motor stays off", ball.motor_level() == 0)
    code, text = output_of([lab.binary("knead"), "sessions", "--db", again.database, "--json"])
    report.check("the killed session is in the record", code == 0 and len(json.loads(text or "[]")) >= 1, text[-200:])
    report.check("kneadd ends on SIGTERM", (again.program.send(signal.SIGTERM), again.program.wait())[1] == 0,
                 again.program.exit_code)
