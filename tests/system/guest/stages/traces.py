# SPDX-License-Identifier: Apache-2.0
"""Force traces for the virtual ball: what a hand does, as CSV."""
import csv

# Nobody presses at first: in this time the ball is found and the session begun. The person is then made to begin anew.
# On the ball's clock; a session waits 60 s on it for the first contact, so a trace plays at most twice as fast as life.
LEAD_S = 25.0


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.write("t_s,force_n\n")
        file.writelines(f"{t:.3f},{force:.3f}\n" for t, force in rows)
    return path


def whole_session(path, credit_s=90, reps=8):
    """In the band until the release has its credit, then light presses."""
    rows = [(0.0, 0.0), (LEAD_S, 0.0), (LEAD_S + 0.5, 25.0)]
    t = LEAD_S + 0.5 + credit_s + 1.0
    rows += [(t, 25.0), (t + 0.3, 0.0)]
    for _ in range(reps):
        t += 4.0
        rows += [(t, 0.0), (t + 0.5, 5.0), (t + 1.5, 5.0), (t + 2.0, 0.0)]
    return write(path, rows)


def pressed(path):
    """In the band for ever, after the lead."""
    return write(path, [(0.0, 0.0), (LEAD_S, 0.0), (LEAD_S + 0.5, 25.0)])


def recorded(path, source, speed):
    """A recorded trace after the lead, for a ball of that speed."""
    lead_s = LEAD_S * speed
    with open(source, encoding="utf-8") as file:
        rows = [(lead_s + float(row["t_s"]), float(row["force_n"])) for row in csv.DictReader(file)]
    return write(path, [(0.0, 0.0), *rows])
