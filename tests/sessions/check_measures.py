#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: check_measures.py DATABASE FOLDER

Computes the measures of docs/measures.md a second time, with nothing of Knead's: FOLDER holds ID.json, the exports of
sessions of DATABASE, and Python's standard library does the rest. Prints how many sessions and values were compared and
how far apart they were at most; exits with 1 at the first value that differs by more than 1e-9 of itself.
"""
import json
import math
import pathlib
import sqlite3
import sys
import tomllib

GAP, SATURATED, UNCALIBRATED, FAULT, STUCK, REANCHORED = (1 << n for n in range(6))
UNUSABLE = SATURATED | UNCALIBRATED | FAULT | STUCK
SIDE_CHANGE_US = 15_000_000


def us(seconds):
    return round(seconds * 1e6)


class Release:
    """Which samples count, from what the record says of the session's course."""

    def __init__(self, steps, contact):
        self.steps, self.contact = steps, contact
        self.step, self.clock, self.let_go, self.paused = None, False, False, False
        self.began, self.last, self.pressed = 0, None, False
        self.intervals = []  # (seconds, force, in band)

    def take(self, event, t):
        kind = event["kind"]
        if kind == "step_started":
            n = event["step"]
            same = n > 0 and all(self.steps[n][k] == self.steps[n - 1][k] for k in ("side", "muscle"))
            self.step, self.clock, self.began, self.last = n, False, t, None
            self.let_go = n == 0 or same or not self.pressed
            self.clock = self.let_go and self.pressed
        elif kind in ("step_ended", "session_ended"):
            self.step, self.last = None, None
        elif kind in ("paused", "resumed"):
            self.paused, self.last = kind == "paused", None
        elif kind == "ball_back":
            self.pressed = False

    def feed(self, t, force, quality):
        usable = quality & UNUSABLE == 0
        self.pressed = usable and force >= self.contact
        if self.step is None or self.paused:
            return
        if not self.clock and t >= self.began + SIDE_CHANGE_US:
            self.clock = True
        if not self.clock:
            self.let_go = self.let_go or (usable and not self.pressed)
            if not (self.let_go and self.pressed):
                return
            self.clock = True
        if quality & (GAP | REANCHORED):
            self.last = None
        if not usable or not force > self.contact:
            self.last = None
            return
        step = self.steps[self.step]
        inside = step["band_lo_n"] <= force <= step["band_hi_n"]
        if self.last and t > self.last[0]:
            before = self.last
            self.intervals.append(((t - before[0]) / 1e6, (before[1] + force) / 2, inside and before[2]))
        self.last = (t, force, inside)


def comes_after_its_sample(event, events, n):
    """Of an event at the time of a sample: whether the sample had been counted before it."""
    if event["kind"] in ("contact",):
        return False
    if event["kind"] == "step_started":
        # At the contact; as the step that ended there; or by a plugin.
        ended = [m for m in range(n) if events[m]["kind"] == "step_ended"]
        if ended and us(events[ended[-1]]["t_s"]) == us(event["t_s"]):
            return comes_after_its_sample(events[ended[-1]], events, ended[-1])
        return event["step"] > 0
    if event["kind"] == "step_ended" and not event["completed"]:
        # Time ran out before the sample was looked at; or somebody ended the session after it.
        rest = [e for e in events[n:] if e["kind"] == "session_ended"]
        return bool(rest) and rest[0]["outcome"] in ("stopped", "faulted") and us(rest[0]["t_s"]) == us(event["t_s"])
    return True


def measures(session, inputs):
    columns = {name: n for n, name in enumerate(session["samples"]["columns"])}
    rows, events = session["samples"]["rows"], session["events"]
    routine = tomllib.loads(session["routine_source"])
    release = Release(session["steps"], routine["routine"].get("contact_n", 2.0))
    at = 0
    silences = [samples for samples, kind in inputs if kind in ("silence", "ball_lost", "ring_lost")]
    by_button = any(e["kind"] == "stopped" and e["by"] == "button" for e in events)
    seq = None
    for n, row in enumerate(rows):
        t = us(row[columns["t_s"]])
        if seq is not None and row[columns["seq"]] != seq + 1:
            release.last = None  # something was lost before it, whatever its quality says
        seq = row[columns["seq"]]
        while silences and silences[0] <= n:
            silences.pop(0)
            release.last = None
        # Events are in order: what comes before one that its sample waited for came before the sample too.
        until = at
        for m in range(at, len(events)):
            when = us(events[m]["t_s"])
            if when > t:
                break
            if when < t or not comes_after_its_sample(events[m], events, m):
                until = m + 1
        for event in events[at:until]:
            release.take(event, us(event["t_s"]))
        at = until
        if by_button and n == len(rows) - 1:
            break  # the press that ended the session: its sample was not looked at any more
        release.feed(t, row[columns["force_n"]], row[columns["quality"]])
    contact = math.fsum(dt for dt, _, _ in release.intervals)
    dose = math.fsum(dt * force for dt, force, _ in release.intervals)
    band = math.fsum(dt for dt, _, inside in release.intervals if inside)
    mean = dose / contact if contact > 0 else None
    spread = math.fsum(dt * (force - mean) ** 2 for dt, force, _ in release.intervals) if contact > 0 else 0
    # Where time ran out before the last sample was looked at, it is none that the session received.
    end = next(n for n, e in enumerate(events) if e["kind"] == "session_ended")
    last = us(rows[-1][columns["t_s"]]) if rows else 0
    by_time = us(events[end]["t_s"]) < last or (us(events[end]["t_s"]) == last and any(
        e["kind"] == "step_ended" and us(e["t_s"]) == last and not comes_after_its_sample(e, events, m)
        and not e["completed"] for m, e in enumerate(events)))
    received = len(rows) - (1 if by_time else 0)
    lost = sum(e["count"] for e in events if e["kind"] == "samples_lost")
    return {
        "time_in_band": 100 * band / contact if contact > 0 else None,
        "dose": dose,
        "steadiness_cv": math.sqrt(spread / contact) / mean if contact >= 1 else None,
        "mean_force": mean,
        "contact": contact,
        "lost_samples": 100 * lost / (received + lost) if lost else 0.0,
    }


def main():
    database, folder = sys.argv[1:]
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    sessions = compared = with_contact = 0
    furthest = 0.0
    for path in sorted(pathlib.Path(folder).glob("*.json"), key=lambda p: int(p.stem)):
        session = json.loads(path.read_text(encoding="utf-8"))
        inputs = db.execute("SELECT samples, kind FROM inputs WHERE session_id = ? ORDER BY ordinal",
                            (int(path.stem),)).fetchall()
        stored = {m["name"]: m["value"] for m in session["measures"] if m["source"] == "knead"}
        sessions += 1
        for name, value in measures(session, inputs).items():
            kept = stored[name]
            if name == "steadiness_cv" and abs(stored["contact"] - 1) < 1e-9:
                continue  # the sum of a second decides by its rounding whether it is shown
            if (kept is None) != (value is None):
                sys.exit(f"session {path.stem}, {name}: stored {kept}, computed {value}")
            if value is None:
                continue
            with_contact += name == "mean_force"
            compared += 1
            apart = abs(kept - value) / max(abs(kept), abs(value)) if kept or value else 0.0
            # Where nothing varies, the spread is the rounding of its sums and no number of the session's.
            if name == "steadiness_cv" and max(kept, value) < 1e-7:
                apart = 0.0
            furthest = max(furthest, apart)
            if apart > 1e-9:
                sys.exit(f"session {path.stem}, {name}: stored {kept!r}, computed {value!r}, {apart:.2g} apart")
    print(f"{sessions} sessions, {with_contact} with contact, {compared} values, at most {furthest:.2g} apart")


if __name__ == "__main__":
    main()
