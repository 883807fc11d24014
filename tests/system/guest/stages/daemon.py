# SPDX-License-Identifier: Apache-2.0
"""kneadd in the guest, and the ordinary ways to talk to it: the CLI, and its socket."""
import contextlib
import json
import os
import signal
import socket

from checks import output_of, read, wait_for


class Listener:
    """A client of the socket that hears what happens (daemon/api/API.md): JSON-RPC, one object a line."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._socket.sendall(b'{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{}}\n')
        self._socket.setblocking(False)
        self._rest = b""
        self._heard = []

    def heard(self, method):
        """Params of every notification of that kind so far."""
        with contextlib.suppress(BlockingIOError):
            while piece := self._socket.recv(65536):
                self._rest += piece
        *lines, self._rest = self._rest.split(b"\n")
        self._heard += [json.loads(line) for line in lines if line]
        return [message["params"] for message in self._heard if message.get("method") == method]

    def close(self):
        self._socket.close()


class Daemon:
    def __init__(self, lab, report):
        self._lab = lab
        self._report = report
        self.socket = lab.scratch / "kneadd.sock"
        self.database = lab.scratch / "knead.db"
        # The guard ends a daemon whose sampling path allocates, locks or waits, and counts what libusb does there.
        self._guard_report = lab.scratch / "guard.txt"
        guard = {"LD_PRELOAD": str(lab.build / "tests" / "guard" / "libknead_guard.so"),
                 "KNEAD_GUARD_REPORT": str(self._guard_report)}
        self.program = lab.start("kneadd", [lab.binary("kneadd"), "--config", lab.source / "config" / "kneadd.toml",
                                            "--socket", self.socket, "--database", self.database],
                                 {**os.environ, **guard})
        report.require("kneadd answers", wait_for(lambda: self.status() is not None), self.program.output[-300:])
        # As somebody does once, before the first session on a ball.
        answered = lab.start("knead safety", [lab.binary("knead"), "--socket", self.socket, "safety", "--i-have-read",
                                              "--none-apply"])
        report.require("the safety questions can be answered", answered.wait() == 0, answered.output[-300:])

    def end(self):
        """Ends kneadd as systemd does, and says what libusb did on the sampling path."""
        self.program.send(signal.SIGTERM)
        self._report.check("kneadd ends on SIGTERM", self.program.wait() == 0, self.program.exit_code)
        counts = dict(line.split() for line in read(self._guard_report).splitlines())
        submits = int(counts.get("library_scopes", 0))
        per_submit = {name: round(int(counts.get(name, 0)) / max(submits, 1), 1)
                      for name in ("allocations", "locks", "calls")}
        self._report.check("the sampling path ran under the guard", submits > 0,
                           f"libusb, per submit: {per_submit}; {submits} submits")

    def knead(self, *arguments):
        return output_of([self._lab.binary("knead"), "--socket", self.socket, *arguments])

    def status(self):
        """daemon.status, or None while nobody answers."""
        code, text = self.knead("status", "--json")
        try:
            return json.loads(text) if code == 0 else None
        except json.JSONDecodeError:
            return None

    def listen(self):
        listener = Listener(self.socket)
        self._lab.at_end(listener.close)
        return listener

    def ball(self, serial="KB0001"):
        """The ball as the daemon sees it, once it can be used; else None."""
        status = self.status() or {}
        usable = [b for b in status.get("balls", []) if b["serial"] == serial and not b["problem"] and b["samples"] > 0]
        return usable[0] if usable else None

    def require_ball(self, name="kneadd finds the ball by hotplug"):
        self._report.require(name, wait_for(self.ball), self.status() or self.program.output[-300:])

    def session(self):
        return (self.status() or {}).get("session")

    def run(self, *arguments):
        """`knead run` in the foreground of a child. @return it, once the daemon has a session."""
        run = self._lab.start("knead", [self._lab.binary("knead"), "--socket", self.socket, "run", *arguments])
        self._report.require("knead run begins a session", wait_for(self.session), run.output[-300:])
        return run
