"""What the program brings along is listed with each release, and what is known of it is asked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from reaper import __version__

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
pytest.importorskip("pip_audit", reason="the extra `check` is not installed")
pytest.importorskip("cyclonedx_py", reason="the extra `check` is not installed")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, *command), capture_output=True, text=True, check=False, cwd=ROOT
    )


@contextmanager
def source_of_vulnerabilities(name: str | None) -> Iterator[str]:
    """Stands in for osv.dev, and knows one vulnerability of the package of this name."""
    affected = {
        "package": {"name": name, "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9999.1"}]}],
    }

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            match = asked["package"]["name"] == name
            known = [{"id": "PYSEC-2999-1", "summary": "bad", "affected": [affected]}]
            body = json.dumps({"vulns": known} if match else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...  # noqa: ANN401 - as it is declared

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()
        thread.join()


def audit(url: str) -> subprocess.CompletedProcess[str]:
    return run("tools/audit.py", "-s", "osv", "--osv-url", url)


@pytest.mark.slow
def test_a_known_vulnerability_of_a_locked_dependency_fails() -> None:
    """It names the package, the vulnerability, and the version that mends it."""
    with source_of_vulnerabilities("starlette") as url:
        done = audit(url)
    assert done.returncode == 1
    assert re.search(r"starlette \S+: PYSEC-2999-1; mended in 9999.1", done.stderr)
    with source_of_vulnerabilities(None) as url:
        done = audit(url)
    assert done.returncode == 0, done.stderr
    assert re.search(r"[1-9]\d+ packages audited, 0 with", done.stdout)


@pytest.mark.slow
def test_a_source_that_cannot_be_reached_is_no_failure_and_no_success() -> None:
    """Whoever works offline reads that nothing was audited, and why; another fault fails."""
    done = audit("http://127.0.0.1:9/v1/query")
    assert done.returncode == 0
    assert done.stdout.startswith("audit SKIPPED: the source of known vulnerabilities cannot")
    assert run("tools/audit.py", "--no-such-option").returncode == 2


def test_a_source_that_knows_no_package_is_told_too() -> None:
    """A mirror that answers 404 to everything has not found everything in order."""
    done = run(
        "-c",
        "import sys; sys.path.insert(0, 'tools'); import audit;"
        "sys.exit(audit._report([{'name': 'a', 'skip_reason': 'not found'}]))",
    )
    assert (done.returncode, done.stdout) == (
        0,
        "audit SKIPPED: the source knows none of 1 packages\n",
    )


@pytest.mark.slow
def test_a_release_has_a_bill_of_materials(tmp_path: Path) -> None:
    """Of what runs, in the versions and with the hashes of the lock; twice the same bytes."""
    bills = []
    for folder in ("first", "second"):
        done = run("tools/sbom.py", str(tmp_path / folder))
        assert done.returncode == 0, done.stderr
        bills.append(Path(done.stdout.strip()).read_bytes())
    assert bills[0] == bills[1]
    bill = json.loads(bills[0])
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == (
        "CycloneDX",
        __version__,
    )
    parts = {part["name"]: part for part in bill["components"]}
    assert {"httpx", "sqlalchemy", "pydantic-core", "psycopg-binary", "holidays"} <= set(parts)
    assert not {"pytest", "ruff", "mypy", "cryptography", "pip-audit"} & set(parts)
    for name, part in parts.items():
        assert f"\n{name}=={part['version']}" in f"\n{LOCK}"
        hashes = part["externalReferences"][0]["hashes"]
        assert all(f"--hash=sha256:{one['content']}" in LOCK for one in hashes)
