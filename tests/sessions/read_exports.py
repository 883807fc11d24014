#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: read_exports.py FOLDER SESSIONS

Reads what round_trip_test exported with nothing but Python's standard library and the formats' public specifications,
and holds every sample, event and row against what the test wrote beside it. Says the first difference and exits 1.
"""

import csv
import json
import math
import re
import sqlite3
import struct
import sys
import xml.etree.ElementTree
from pathlib import Path

COLUMNS = ["t_s", "seq", "device_us", "host_ns", "raw", "force_n", "pressure_kpa", "motor_level", "quality", "button"]
UNCALIBRATED = 1 << 2
BUTTON = 1 << 6


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def same(got, want, what):
    expect(got == want, f"{what}: got {got!r}, want {want!r}")


class Truth:
    def __init__(self, base):
        table = json.loads(Path(f"{base}.truth").read_text(encoding="utf-8"))
        self.facts = table["facts"]
        self.tables = table
        self.samples = []
        for line in Path(f"{base}.samples").read_text().splitlines():
            *whole, force = line.split()
            t_us, seq, device, host, raw, quality, motor = map(int, whole)
            self.samples.append((t_us, seq, device, host, raw, quality, motor, float.fromhex(force)))

    def __len__(self):
        return len(self.samples)


def check_sample(row, want, area, what):
    """row: values by COLUMNS, None where empty."""
    t_us, seq, device, host, raw, quality, motor, force = want
    same(round(row[0] * 1e6), t_us, f"{what} t_s")
    same(row[1:5], [seq, device, host, raw], f"{what} seq..raw")
    if quality & UNCALIBRATED:
        same(row[5:7], [None, None], f"{what} force without a calibration")
    else:
        same(row[5], force, f"{what} force_n")
        if area:
            expect(math.isclose(row[6], 1000 * force / area, rel_tol=1e-12, abs_tol=1e-12), f"{what} pressure_kpa")
        else:
            same(row[6], None, f"{what} pressure_kpa")
    same(row[7:10], [motor, quality, bool(quality & BUTTON)], f"{what} motor..button")


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    header = rows.pop(0)
    for row in rows:
        same(len(row), len(header), f"{path}: columns")
    return header, rows


def real(text):
    return float(text) if text != "" else None


def check_csv(base, truth):
    header, rows = rows_of(f"{base}.samples.csv")
    same(header, COLUMNS, "samples.csv header")
    same(len(rows), len(truth), "samples.csv rows")
    area = truth.facts["contact_area_mm2"]
    for n, (row, want) in enumerate(zip(rows, truth.samples)):
        values = [float(row[0]), *map(int, row[1:5]), real(row[5]), real(row[6]), int(row[7]), int(row[8]), row[9] == "1"]
        check_sample(values, want, area, f"samples.csv row {n}")

    header, rows = rows_of(f"{base}.events.csv")
    same(header, ["t_s", "kind", "json"], "events.csv header")
    same([[round(float(t) * 1e6), kind, text] for t, kind, text in rows], truth.tables["events"], "events.csv")
    header, rows = rows_of(f"{base}.reps.csv")
    same(header, ["n", "start_s", "duration_s", "peak_n", "mean_n", "impulse_ns", "too_hard"], "reps.csv header")
    want = [[n, t, d, float.fromhex(p), float.fromhex(m), float.fromhex(i), hard]
            for n, t, d, p, m, i, hard in truth.tables["reps"]]
    got = [[int(n), round(float(t) * 1e6), round(float(d) * 1e6), float(p), float(m), float(i), hard == "1"]
           for n, t, d, p, m, i, hard in rows]
    same(got, want, "reps.csv")
    header, rows = rows_of(f"{base}.gaps.csv")
    same([[round(float(t) * 1e6), kind, int(count)] for t, kind, count in rows], truth.tables["gaps"], "gaps.csv")
    header, rows = rows_of(f"{base}.measures.csv")
    want = [[name, value and float.fromhex(value), *rest] for name, value, *rest in truth.tables["measures"]]
    same([[name, real(value), *rest] for name, value, *rest in rows], want, "measures.csv")
    header, rows = rows_of(f"{base}.inputs.csv")
    same(header, ["samples", "kind", "json"], "inputs.csv header")
    same([[int(samples), kind, text] for samples, kind, text in rows], truth.tables["inputs"], "inputs.csv")
    header, rows = rows_of(f"{base}.calibrations.csv")
    same([[row[0] == "1", *map(int, row[1:])] for row in rows], truth.tables["calibrations"], "calibrations.csv")
    header, rows = rows_of(f"{base}.session.csv")
    facts = dict(zip(header, rows[0]))
    for name in ("profile", "title", "side"):
        same(facts[name], truth.facts[name], f"session.csv {name}")
    return len(rows)


def check_json(base, truth):
    with open(f"{base}.json", encoding="utf-8") as file:
        whole = json.load(file)
    same(whole["session"]["profile"], truth.facts["profile"], "json profile")
    same(whole["session"]["title"], truth.facts["title"], "json title")
    same(whole["events"], [json.loads(text) for _, _, text in truth.tables["events"]], "json events")
    want = [[samples, kind, json.loads(text)] for samples, kind, text in truth.tables["inputs"]]
    same([[row["samples"], row["kind"], row["json"]] for row in whole["inputs"]["rows"]], want, "json inputs")
    for name in ("own_band", "own_soft_cap_n"):
        same(whole["inputs"].get(name, "missing"), truth.facts[name], f"json {name}")
    want = [[name, value and float.fromhex(value), *rest] for name, value, *rest in truth.tables["measures"]]
    same([[m["name"], m["value"], m["unit"], m["source"], m["text"]] for m in whole["measures"]], want, "json measures")
    same([[round(g["t_s"] * 1e6), g["kind"], g["count"]] for g in whole["gaps"]], truth.tables["gaps"], "json gaps")
    same(whole["samples"]["columns"], COLUMNS, "json columns")
    rows = whole["samples"]["rows"]
    same(len(rows), len(truth), "json rows")
    area = truth.facts["contact_area_mm2"]
    for n, (row, want) in enumerate(zip(rows, truth.samples)):
        check_sample(row, want, area, f"json row {n}")


class Bdf:
    """https://www.edfplus.info/specs/edfplus.html with the differences that BDF+ names."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        same(data[:8], b"\xffBIOSEMI", "BDF version")
        header = data[8:]
        fields = {}
        at = 0
        for name, width in (("patient", 80), ("recording", 80), ("date", 8), ("time", 8), ("bytes", 8),
                            ("reserved", 44), ("records", 8), ("duration", 8), ("signals", 4)):
            fields[name] = self.ascii(header[at:at + width], name)
            at += width
        count = int(fields["signals"])
        signals = [{} for _ in range(count)]
        for name, width in (("label", 16), ("transducer", 80), ("unit", 8), ("pmin", 8), ("pmax", 8), ("dmin", 8),
                            ("dmax", 8), ("prefilter", 80), ("samples", 8), ("reserved", 32)):
            for signal in signals:
                signal[name] = self.ascii(header[at:at + width], name)
                at += width
        same(8 + at, int(fields["bytes"]), "BDF bytes in the header")
        same(fields["bytes"], str(256 * (count + 1)), "BDF header of 256 bytes a signal")
        expect(fields["reserved"].startswith("BDF+C"), "BDF+C")
        same(len({signal["label"] for signal in signals}), count, "BDF labels differ")
        for part in (fields["date"], fields["time"]):
            expect(len(part) == 8 and part[2] == part[5] == "." and part.replace(".", "").isdigit(), f"BDF {part}")
        for name, least in (("patient", 4), ("recording", 5)):
            parts = fields[name].split(" ")
            expect(len(parts) >= least and all(parts), f"BDF {name} has its subfields: {fields[name]!r}")
        same(fields["recording"].split(" ")[0], "Startdate", "BDF recording")
        self.fields = fields
        self.records = int(fields["records"])
        expect(self.records >= 1, "BDF has a record")
        size = sum(int(signal["samples"]) for signal in signals) * 3
        same(len(data), int(fields["bytes"]) + self.records * size, "BDF size")
        self.values = {signal["label"]: [] for signal in signals[:-1]}
        same(signals[-1]["label"], "BDF Annotations", "BDF last signal")
        self.signals = {signal["label"]: signal for signal in signals}
        self.annotations = []
        at = int(fields["bytes"])
        for record in range(self.records):
            for signal in signals:
                length = int(signal["samples"]) * 3
                piece = data[at:at + length]
                at += length
                if signal["label"] == "BDF Annotations":
                    self.lists(record, piece)
                else:
                    low, high = int(signal["dmin"]), int(signal["dmax"])
                    expect(low < high and float(signal["pmin"]) != float(signal["pmax"]), "BDF ranges")
                    values = [int.from_bytes(piece[i:i + 3], "little", signed=True) for i in range(0, length, 3)]
                    expect(low <= min(values) and max(values) <= high, f"BDF {signal['label']} within its range")
                    self.values[signal["label"]] += values

    @staticmethod
    def ascii(field, name):
        expect(all(32 <= byte <= 126 for byte in field), f"BDF {name} is printable ASCII: {field!r}")
        text = field.decode("ascii")
        expect(not text.strip() or not text.startswith(" "), f"BDF {name} is left-justified: {text!r}")
        return text.rstrip(" ")

    def lists(self, record, piece):
        lists = piece.rstrip(b"\0") + b"\0"
        first = True
        while lists:
            one, _, lists = lists.partition(b"\0")
            expect(one.endswith(b"\x14"), f"BDF list is closed: {one!r}")
            onset, *texts = one[:-1].split(b"\x14")
            onset, _, duration = onset.partition(b"\x15")
            expect(onset[:1] in b"+-", f"BDF onset has a sign: {onset!r}")
            if first:
                same(onset, b"+%d" % record, "BDF record begins where it should")
                same(texts, [b""], "BDF timekeeping list")
                first = False
                continue
            for text in texts:
                self.annotations.append((float(onset), float(duration or 0), text.decode("utf-8")))


def check_bdf(base, truth):
    bdf = Bdf(f"{base}.bdf")
    rate = truth.facts["rate_hz"]
    same(int(bdf.signals["Raw"]["samples"]), rate, "BDF rate")
    places = [n for n, seq in enumerate(bdf.values["Seq"]) if seq >= 0]
    same(len(places), len(truth), "BDF samples")
    force = bdf.signals["Force"]
    step = (float(force["pmax"]) - float(force["pmin"])) / (int(force["dmax"]) - int(force["dmin"]))
    taken = -1
    for n, (place, want) in enumerate(zip(places, truth.samples)):
        t_us, seq, _, _, raw, quality, motor, newtons = want
        got = [bdf.values[name][place] for name in ("Seq", "Raw", "Quality", "Motor")]
        same(got, [seq & 0x7FFFFF, raw, quality, motor], f"BDF sample {n}")
        value = bdf.values["Force"][place]
        if quality & UNCALIBRATED:
            same(value, int(force["dmin"]), f"BDF sample {n} has no force")
        elif abs(newtons) < 799:
            expect(abs(value * step - newtons) < 0.000051, f"BDF force {n}: {value * step} for {newtons}")
        expect(abs(place / rate - t_us / 1e6) < 0.51 / rate or place == taken + 1, f"BDF sample {n} at its time")
        taken = place
    expected = 1 + bool(truth.facts["profile"]) + len(truth.tables["events"]) + len(truth.tables["gaps"])
    same(len(bdf.annotations), expected, "BDF annotations")
    texts = [text for _, _, text in bdf.annotations]
    for _, kind, text in truth.tables["events"]:
        cue = json.loads(text).get("cue", {}).get("text") if kind == "cued" else None
        expect(not cue or cue in texts, f"BDF cue {cue!r}")
    for onset, _, text in bdf.annotations:
        if text.startswith("gap: "):
            expect([round(onset * 1e6)] == [t for t, kind, count in truth.tables["gaps"]
                                            if round(onset * 1e6) == t][:1], f"BDF {text} at {onset}")


class Xdf:
    """https://github.com/sccn/xdf/wiki/Specifications"""

    FORMATS = {"double64": "d", "int32": "i", "int64": "q"}

    def __init__(self, path):
        self.data = Path(path).read_bytes()
        same(self.data[:4], b"XDF:", "XDF magic")
        self.at = 4
        self.streams = {}
        self.boundaries = 0
        self.tags = []
        while self.at < len(self.data):
            length = self.length()
            end = self.at + length
            expect(end <= len(self.data), "XDF chunk ends within the file")
            tag, = self.take("H")
            self.tags.append(tag)
            if tag == 1:
                self.header = xml.etree.ElementTree.fromstring(self.data[self.at:end])
            elif tag == 2:
                stream, = self.take("I")
                info = xml.etree.ElementTree.fromstring(self.data[self.at:end])
                self.streams[stream] = {"info": info, "times": [], "values": [], "offsets": []}
            elif tag == 3:
                self.samples(end)
            elif tag == 4:
                stream, = self.take("I")
                self.streams[stream]["offsets"].append(self.take("dd"))
            elif tag == 5:
                same(self.data[self.at:end].hex(), "43a546dccbf5410fb30ed5467383cbe4", "XDF boundary")
                self.boundaries += 1
            elif tag == 6:
                stream, = self.take("I")
                self.streams[stream]["footer"] = xml.etree.ElementTree.fromstring(self.data[self.at:end])
            else:
                raise AssertionError(f"XDF tag {tag}")
            if tag != 3:
                self.at = end
            same(self.at, end, f"XDF chunk {tag} ends where it says")

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def length(self):
        size, = self.take("B")
        expect(size in (1, 4, 8), f"XDF length of {size} bytes")
        value, = self.take({1: "B", 4: "I", 8: "Q"}[size])
        return value

    def samples(self, end):
        stream = self.streams[self.take("I")[0]]
        kind = stream["info"].findtext("channel_format")
        channels = int(stream["info"].findtext("channel_count"))
        for _ in range(self.length()):
            stamped, = self.take("B")
            expect(stamped in (0, 8), "XDF stamp")
            stream["times"].append(self.take("d")[0] if stamped else None)
            if kind == "string":
                values = []
                for _ in range(channels):
                    size = self.length()
                    values.append(self.data[self.at:self.at + size].decode("utf-8"))
                    self.at += size
                stream["values"].append(tuple(values))
            else:
                stream["values"].append(self.take(self.FORMATS[kind] * channels))


def check_xdf(base, truth):
    xdf = Xdf(f"{base}.xdf")
    same(xdf.tags[:6], [1, 2, 2, 2, 2, 2], "XDF headers come first")
    same(xdf.tags[-5:], [6] * 5, "XDF footers come last")
    force, raw, motor, clock, markers = (xdf.streams[n] for n in range(1, 6))
    want_times = [t / 1e6 for t, *_ in truth.samples]
    for stream in (force, raw, motor, clock):
        same(len(stream["times"]), len(truth), "XDF samples")
        same(stream["times"], want_times, "XDF time stamps")
        same(int(stream["footer"].findtext("sample_count")), len(truth), "XDF sample count")
        same(float(stream["info"].findtext("nominal_srate")), truth.facts["rate_hz"], "XDF rate")
    for n, want in enumerate(truth.samples):
        _, seq, device, host, counts, quality, level, newtons = want
        same(raw["values"][n], (counts, quality), f"XDF raw {n}")
        same(motor["values"][n], (level,), f"XDF motor {n}")
        same(clock["values"][n], (seq, device, host), f"XDF clock {n}")
        got, = force["values"][n]
        expect(math.isnan(got) if quality & UNCALIBRATED else got == newtons, f"XDF force {n}")
    same([text for text, in markers["values"]], [text for _, _, text in truth.tables["events"]], "XDF markers")
    same([round(t * 1e6) for t in markers["times"]], [t for t, _, _ in truth.tables["events"]], "XDF marker times")
    if truth.samples:
        first = truth.samples[0]
        by_time = {t: host for t, _, _, host, *_ in truth.samples}
        expect(force["offsets"], "XDF has clock offsets")
        for t, offset in force["offsets"]:
            want = (by_time[round(t * 1e6)] - first[3]) / 1e9 - (round(t * 1e6) - first[0]) / 1e6
            expect(abs(offset - want) < 1e-8 or len(by_time) < len(truth), f"XDF clock offset at {t}")
        for block in range(int(want_times[-1]) // 12):
            expect(xdf.boundaries >= block, "XDF boundaries")
    got = [[int(c.findtext("tare_raw")), int(c.findtext("point_b_raw"))] for c in raw["info"].iter("calibration")]
    same(got, [[c[5], c[3]] for c in truth.tables["calibrations"]], "XDF calibrations")


def check_sqlite(db, session, truth):
    def rows(what):
        return [list(row) for row in db.execute(what, (session,))]

    got = rows("SELECT profile, title, side, rate_hz FROM sessions WHERE id = ?")
    same(got, [[truth.facts[name] for name in ("profile", "title", "side", "rate_hz")]], "sessions")
    same(rows("SELECT t_us, kind, json FROM events WHERE session_id = ? ORDER BY ordinal"), truth.tables["events"],
         "events")
    same(rows("SELECT samples, kind, json FROM inputs WHERE session_id = ? ORDER BY ordinal"), truth.tables["inputs"],
         "inputs")
    same(rows("SELECT t_us, kind, count FROM gaps WHERE session_id = ? ORDER BY ordinal"), truth.tables["gaps"], "gaps")
    want = [[n, t, d, float.fromhex(p), float.fromhex(m), float.fromhex(i), int(hard)]
            for n, t, d, p, m, i, hard in truth.tables["reps"]]
    same(rows("SELECT n, start_us, duration_us, peak_n, mean_n, impulse_ns, too_hard FROM reps WHERE session_id = ? "
              "ORDER BY ordinal"), want, "reps")
    same(rows("SELECT coalesce(sum(count), 0) FROM sample_blocks WHERE session_id = ?"), [[len(truth)]], "blocks")


def well_formed(path):
    """A page that an XML parser takes has no text in it that became markup."""
    text = path.read_text(encoding="utf-8")
    expect(len(text) < 300_000, f"{path.name} has {len(text)} bytes")
    page = xml.etree.ElementTree.fromstring(text)
    for element in page.iter():
        expect(element.tag not in ("script", "link", "img", "iframe", "a"), f"{path.name} has a {element.tag}")
        for name in element.attrib:
            expect(not name.startswith("on") and name not in ("href", "src"), f"{path.name} has an attribute {name}")
    return page


def visible(text):
    """As markup_text leaves it: without control characters; a line break is a space."""
    return "".join(" " if c in "\t\n" else c for c in text if (c >= " " or c in "\t\n") and c != "\u2028")


def check_page(base, truth):
    page = well_formed(Path(f"{base}.html"))
    body = " ".join(page.itertext())
    for name in ("profile", "title", "started"):
        text = truth.facts[name]
        text = f"{text[:10]} {text[11:16]} UTC" if name == "started" else visible(text)
        expect(text in body, f"page shows the {name} {text!r}")

    svg, = (e for e in page.iter("svg") if e.get("role") == "img")
    expect(svg.find("title") is not None and svg.find("desc") is not None, "picture has a title and a description")
    shapes = [(e.tag, e.get("class")) for e in svg.iter()]
    reps = truth.tables["reps"]
    same(shapes.count(("rect", "hard")), sum(1 for rep in reps if rep[6]), "reps that were too hard")
    same(shapes.count(("rect", "rep")), sum(1 for rep in reps if not rep[6]), "reps that were not")
    trips = sum(1 for _, kind, _ in truth.tables["events"] if kind == "tripped")
    expect(min(trips, 1) <= shapes.count(("path", "trip")) <= trips, "trips that can be told apart are marked")
    tops = [float(y) for e in svg.iter("path") if e.get("class") == "curve"
            for y in re.findall(r"[ V](-?[0-9.]+)", e.get("d"))]
    if tops:
        expect(20 <= min(tops) and max(tops) <= 291, f"curve within its frame: {min(tops)} to {max(tops)}")

    # What is shaded is what was credited, to a pixel, however many pieces it has.
    credits = [float(e.get("width")) for e in svg.iter("rect") if e.get("class") == "credit"]
    seconds = truth.facts["end_us"] / 1e6 / 944
    credited = truth.facts["credited_us"] / 1e6
    if not truth.facts["counted"]:
        return  # nobody has counted, or of what is not there
    expect(abs(sum(credits) * seconds - credited) <= 0.01 + seconds,
           f"{sum(credits) * seconds} s shaded of {credited} s credited in {len(credits)} pieces")


def check_trend(folder, db):
    page = well_formed(folder / "trend.html")
    shown, = db.execute("SELECT count(*) FROM sessions WHERE outcome IS NOT NULL AND origin = 'ball'").fetchone()
    table = list(page.iter("tbody"))[-1]
    same(len(list(table)), shown, "sessions in the trend's table")
    charts = [e for e in page.iter("svg") if e.get("role") == "img"]
    expect(len(charts) >= 3, "a picture for each measure")
    drawn = sum(path.get("d").count("M") for path in charts[0].iter("path") if path.get("class") in ("left", "right"))
    valued, = db.execute("SELECT count(*) FROM sessions s JOIN measures m ON m.session_id = s.id WHERE outcome IS NOT "
                         "NULL AND origin = 'ball' AND name = 'time_in_band' AND value IS NOT NULL").fetchone()
    same(drawn, valued, "points of the time in band")


def main():
    folder, sessions = Path(sys.argv[1]), int(sys.argv[2])
    db = sqlite3.connect(f"file:{folder}/knead.db?mode=ro", uri=True)
    ids = [row[0] for row in db.execute("SELECT id FROM sessions ORDER BY id")]
    same(len(ids), sessions, "sessions on record")
    samples = 0
    for session in ids:
        base = folder / str(session)
        truth = Truth(f"{base}.x")
        try:
            check_csv(base, truth)
            check_json(base, truth)
            check_bdf(base, truth)
            check_xdf(base, truth)
            check_sqlite(db, session, truth)
            check_page(base, truth)
        except AssertionError as difference:
            print(f"session {session}: {difference}", file=sys.stderr)
            return 1
        samples += len(truth)
    check_trend(folder, db)
    print(f"{sessions} sessions, {samples} samples, in CSV, JSON, BDF+, XDF, SQLite and pages: all as they were")
    return 0


if __name__ == "__main__":
    sys.exit(main())
