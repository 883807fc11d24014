# SPDX-License-Identifier: Apache-2.0
"""What a stage works with: the built programs, log files in the share, children that end with the stage."""
import contextlib
import tempfile
from pathlib import Path

from checks import Program


class Lab:
    def __init__(self, source, build, share):
        self.source = source
        self.build = build
        self.share = share
        self.scratch = None
        self._stage = ""
        self._children = contextlib.ExitStack()

    @contextlib.contextmanager
    def stage(self, name):
        """The world of one stage: its children, newest first, are ended when it ends, however it ends."""
        self._stage = name
        with tempfile.TemporaryDirectory(prefix="knead-") as scratch, contextlib.ExitStack() as children:
            self._children = children
            self.scratch = Path(scratch)  # on a real file system: sockets and databases do not belong on 9p
            yield

    def file(self, name):
        """A file of this stage in the share, which survives the guest."""
        return self.share / f"{self._stage}-{name}"

    def binary(self, name):
        return self.build / "bin" / name

    def at_end(self, action):
        self._children.callback(action)

    def start(self, name, arguments, environment=None):
        program = Program(name, arguments, self.file(f"{name}.log"), environment)
        self._children.callback(program.stop)
        return program
