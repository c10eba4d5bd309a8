"""Accounts in a process of their own, behind gateways that fail one request in so many.

`python -m support.bad_weather` takes a `Climate` as JSON in its argument and prints the addresses.
Each line that it reads is a number, the share of requests that fail from now on, or `report`: then
it prints what was asked of each account.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reaper.emulator import Config, Emulator, Scenario, SessionSpec
from reaper.emulator.faults import Faults
from support.raw_answers import ANSWERS, bomb
from support.raw_server import _RESET, _wait

_TESTS = Path(__file__).parent.parent
FAULTS = "lost:{0},deaf:{0},drop:{0},truncate:{0},html:{0},500:{0},503:{0}:1s,slow:{0}:1s"
SHARE_OF_EMULATOR = 20  # of these eight faults each has the twentieth part of all failures
NOT_WEATHER = ("401 with the key across the cut",)
"""What is no failure: a key that is not accepted is not tried again, and rightly so."""

DUE_AT = 86_400
Report = list[dict[str, Any]]


@dataclass(frozen=True)
class Climate:
    """`due` sessions of each account come to be due one after the other within `seconds`."""

    accounts: int
    sessions: int
    due: int
    seconds: float
    share: float
    seed: int = 1

    def fleet(self, account: int) -> list[SessionSpec]:
        return [SessionSpec.model_validate(self._session(account, n)) for n in range(self.sessions)]

    def _session(self, account: int, number: int) -> dict[str, Any]:
        known = {"id": f"{account:04x}{number:028x}", "owner": f"u{number % 97}@Planning"}
        if number < self.due:
            kind = "task" if number % 5 == 4 else "webui"
            early = int(number * self.seconds / self.due)
            return {**known, "kind": kind, "age": f"{DUE_AT - early}s"}
        if number < self.due + 10:
            return {**known, "app": "Probed", "age": "9h", "idle": "5h" if number % 2 else "1m"}
        return {**known, "kind": ("webui", "task", "solve")[number % 3], "age": "20m"}


@dataclass
class Gateway:
    """Passes one request a connection on, or fails it: before it is carried out, or after."""

    upstream: int
    rng: random.Random
    share: float

    def listen(self) -> int:
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
        return int(listener.getsockname()[1])

    def _serve(self, listener: socket.socket) -> None:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, ValueError):
            client.settimeout(30)
            request = _whole(client)
            if self.rng.random() >= self.share:
                for part in self._passed_on(request):
                    client.sendall(part)
                return
            if self.rng.random() < 0.5:
                for _ in self._passed_on(request):
                    pass
            _play(client, self.rng.choice(PLAYED), request)

    def _passed_on(self, request: bytes) -> Iterator[bytes]:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection")]
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=30) as server:
            server.sendall(b"\r\n".join([*lines, b"Connection: close", b"", body]))
            while part := server.recv(65536):
                yield part


PLAYED = [name for name in ANSWERS if name not in NOT_WEATHER]


def _whole(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(client)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0].partition(b":")[2]):
        body += _more(client)
    return head + b"\r\n\r\n" + body


def _more(client: socket.socket) -> bytes:
    part = client.recv(65536)
    if not part:
        raise ConnectionError
    return part


def _play(client: socket.socket, name: str, request: bytes) -> None:
    for part in ANSWERS[name](request.decode("latin-1").split("\r\n")[0]):
        if part is None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        elif isinstance(part, bytes):
            client.sendall(part)
        else:
            _wait(client, part)


def faults(share: float) -> Faults:
    return Faults.parse(FAULTS.format(share / SHARE_OF_EMULATOR)) if share else Faults()


def report(emulator: Emulator) -> dict[str, Any]:
    """What was ended, and what was asked to end that had ended."""
    ended = [session.replace("-", "") for session, _ in emulator.world.terminated]
    changing = [one for one in emulator.requests if one.method != "GET"]
    return {
        "ended": ended,
        "asked": len(emulator.requests),
        "vain": [one.path for one in changing if one.status in (404, 409)],
    }


def main(climate: Climate) -> None:
    for layers in (1, 2):
        bomb(layers)
    with ExitStack() as stack:
        emulators = []
        for number in range(climate.accounts):
            config = Config(force_lag=1.0, seed=number, faults=faults(climate.share))
            scenario = Scenario(sessions=climate.fleet(number))
            emulators.append(stack.enter_context(Emulator(config, scenario)))
        gateways = [
            Gateway(
                int(emulator.url.rpartition(":")[2]),
                random.Random(f"{climate.seed} {number}"),  # noqa: S311 - the same weather each time
                climate.share * 0.6,
            )
            for number, emulator in enumerate(emulators)
        ]
        say([f"http://127.0.0.1:{gateway.listen()}" for gateway in gateways])
        for line in sys.stdin:
            if line.strip() == "report":
                say([report(emulator) for emulator in emulators])
                continue
            for gateway, emulator in zip(gateways, emulators, strict=True):
                gateway.share = float(line) * 0.6
                emulator.world.faults = faults(float(line))
            say("so it is")


def say(what: object) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - how it is heard


@dataclass(frozen=True)
class Weather:
    """The process, from outside."""

    process: subprocess.Popen[str]
    urls: list[str]

    def become(self, share: float) -> None:
        self._ask(str(share))

    def report(self) -> Report:
        found: Report = self._ask("report")
        return found

    def _ask(self, line: str) -> Any:  # noqa: ANN401 - JSON
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def weather(climate: Climate) -> Iterator[Weather]:
    program = [sys.executable, "-m", "support.bad_weather", json.dumps(asdict(climate))]
    with subprocess.Popen(
        program, cwd=_TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield Weather(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()


if __name__ == "__main__":
    main(Climate(**json.loads(sys.argv[1])))
