"""A server in a process of its own that plays one of `raw_answers` to whatever it is asked.

The first part of the path names the answer by its number, `/17/pro/...`; a line `PLAY 17` sets it
for whoever asks otherwise, like a mail client. `python -m support.raw_server` prints its port.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.raw_answers import ANSWERS

_TESTS = Path(__file__).parent.parent
_RESET = struct.pack("ii", 1, 0)
_ASKED = "GET / HTTP/1.1"
_LOOK = 0.2  # seconds between two looks whether the client is still there


@contextmanager
def raw_server() -> Iterator[int]:
    """Its port."""
    program = [sys.executable, "-m", "support.raw_server"]
    with subprocess.Popen(program, cwd=_TESTS, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def play(port: int, name: str) -> None:
    """Answer so, whoever asks without a number."""
    with socket.create_connection(("127.0.0.1", port)) as control:
        control.sendall(f"PLAY {number_of(name)}\n".encode())
        control.recv(1)


def number_of(name: str) -> int:
    return list(ANSWERS).index(name)


class _Server:
    def __init__(self) -> None:
        self.answers, self.played = list(ANSWERS.values()), 0

    def serve(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            print(listener.getsockname()[1], flush=True)  # noqa: T201 - how it tells its port
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            asked = self._asked(client)
            if asked.startswith("PLAY "):
                self.played = int(asked.split()[1])
                next(iter(self.answers[self.played](_ASKED)), None)  # what is large is made now
                client.sendall(b".")
                return
            self._play(client, asked)

    def _asked(self, client: socket.socket) -> str:
        """The first line; nothing from who waits for the server to begin."""
        client.settimeout(_LOOK)
        try:
            said = client.recv(65536)
        except TimeoutError:
            said = b""
        return said.decode("latin-1").split("\n")[0]

    def _play(self, client: socket.socket, asked: str) -> None:
        parts = asked.split(" ")
        named = parts[1].split("/")[1] if len(parts) > 1 else ""
        answer = self.answers[int(named) if named.isdigit() else self.played]
        for part in answer(asked):
            if part is None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            elif isinstance(part, bytes):
                client.settimeout(None)
                client.sendall(part)
            else:
                _wait(client, part)


def _wait(client: socket.socket, seconds: float) -> None:
    """Raises OSError when the client is gone."""
    for _ in range(max(int(seconds / _LOOK), 1)):
        client.settimeout(min(seconds, _LOOK))
        with contextlib.suppress(TimeoutError):
            while client.recv(65536):
                pass
            raise ConnectionError


if __name__ == "__main__":
    _Server().serve()
