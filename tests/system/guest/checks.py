# SPDX-License-Identifier: Apache-2.0
"""Checks, waiting and child processes for the stages. Everything has a bound; nothing sleeps for a fixed time."""
import contextlib
import json
import os
import signal
import subprocess
import time

PATIENCE_S = 60  # for an event that comes in milliseconds on an idle machine: bounds a hang, measures nothing
POLL_S = 0.02


class StageFailed(Exception):
    """The rest of the stage makes no sense."""


class Skip(Exception):
    """The stage cannot run here; the message says why."""


class Report:
    """results.jsonl: one line for each check, written through at once, so that a dying guest keeps what it found."""

    def __init__(self, path):
        self._file = open(path, "w", buffering=1, encoding="utf-8")
        self.stage = ""

    def write(self, **entry):
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def check(self, name, passed, detail=""):
        """Records a check and goes on."""
        self.write(kind="check", stage=self.stage, name=name, result="pass" if passed else "fail", detail=str(detail))
        return bool(passed)

    def require(self, name, passed, detail=""):
        """Records a check and ends the stage when it failed."""
        if not self.check(name, passed, detail):
            raise StageFailed(name)

    def skip(self, reason):
        self.write(kind="check", stage=self.stage, name="whole stage", result="skip", detail=str(reason))


def wait_for(probe, within=PATIENCE_S):
    """Waits until probe() is truthy. @return its value, or the last falsy one when the time is over."""
    deadline = time.monotonic() + within
    while True:
        value = probe()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(POLL_S)


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


class Program:
    """A child with its output in a log file of the share. Ended with the stage, politely first."""

    def __init__(self, name, arguments, log, environment=None):
        self.name = name
        self.log_path = log
        with open(log, "ab") as out:
            self._process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.PIPE, stdout=out,
                                             stderr=subprocess.STDOUT, env=environment)

    @property
    def running(self):
        return self._process.poll() is None

    @property
    def exit_code(self):
        return self._process.poll()

    @property
    def output(self):
        return read(self.log_path)

    def say(self, line):
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def send(self, number):
        self._process.send_signal(number)

    def wait(self, within=PATIENCE_S):
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            return None

    def stop(self):
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        if self.running:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            if self.wait(10) is None:
                self._process.kill()
                self._process.wait()


def output_of(arguments, within=PATIENCE_S):
    """Runs a tool to its end. @return (exit code or None when it hung, everything it printed)."""
    try:
        done = subprocess.run([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=within, check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        return None, (error.stdout or b"").decode(errors="replace")
