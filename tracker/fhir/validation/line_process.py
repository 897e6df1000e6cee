"""A process that is given lines and gives lines back, and can never keep anybody waiting for long."""

import os
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Sequence

_CHUNK = 65_536
_GRACE = 2.0


class Ended(Exception):
    """The process is no longer there."""


class TooSlow(Exception):
    """The process gave no line in the time it had."""


class LineProcess:
    """Lines to a process and back over pipes, neither of which can block the other.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        # It needs none of the tracker's settings and secrets, so it gets none.
        self._process = subprocess.Popen(  # noqa: S603
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, bufsize=0
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._unsent: deque[memoryview] = deque()
        self._begun = bytearray()
        self._lines: deque[bytes] = deque()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)
        for stream in (self._stdin, self._stdout):
            os.set_blocking(stream.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def write(self, line: bytes) -> None:
        """Send a line; what the process does not take at once goes out while ``read`` waits."""
        self._unsent.append(memoryview(line + b"\n"))
        self._send()

    def read(self, limit: float) -> bytes:
        """The next line.

        Raises:
            TooSlow: there was none within ``limit`` seconds.
            Ended: the process ended before it gave one.
        """
        deadline = time.monotonic() + limit
        while not self._lines:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TooSlow
            self._wait(left)
        return self._lines.popleft()

    def close(self) -> None:
        """End the process, kindly if it will; nothing of it is left afterwards."""
        self._selector.close()
        self._stdin.close()
        try:
            self._process.wait(_GRACE if not self._unsent else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()

    def kill(self) -> None:
        """End a process that answers no more."""
        self._process.kill()
        self.close()

    def _wait(self, limit: float) -> None:
        wants_to_send = self._stdin in self._selector.get_map()
        if self._unsent and not wants_to_send:
            self._selector.register(self._stdin, selectors.EVENT_WRITE)
        elif wants_to_send and not self._unsent:
            self._selector.unregister(self._stdin)
        for key, _ in self._selector.select(limit):
            if key.fileobj is self._stdin:
                self._send()
            else:
                self._receive()

    def _send(self) -> None:
        try:
            while self._unsent:
                sent = os.write(self._stdin.fileno(), self._unsent[0][:_CHUNK])
                self._unsent[0] = self._unsent[0][sent:]
                if not self._unsent[0]:
                    self._unsent.popleft()
        except BlockingIOError:
            return
        except OSError:
            # Whether it ended shows when its answers are read; some may still be on the way.
            self._unsent.clear()

    def _receive(self) -> None:
        found = os.read(self._stdout.fileno(), _CHUNK)
        if not found:
            raise Ended
        *whole, rest = found.split(b"\n")
        for each in whole:
            self._lines.append(bytes(self._begun) + each)
            self._begun.clear()
        self._begun += rest
