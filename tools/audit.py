"""Ask what is known of the locked dependencies: `make audit`.

A known vulnerability fails. A source that cannot be reached, or that knows none of the packages,
does not: whoever works offline is told that nothing was audited, and why.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
PROGRAM = ("pip_audit", "--disable-pip", "--require-hashes", "--format", "json")
CALM = ("--progress-spinner", "off")
UNREACHABLE = re.compile(r"ConnectionError|Timeout|timed out|HTTPError|ServiceError|SSLError")
FAILED = 2


def main(options: Sequence[str]) -> int:
    """`options` are pip-audit's, like another source. Gives the exit code."""
    command = (sys.executable, "-m", *PROGRAM, *CALM, "--requirement", str(LOCK), *options)
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return _no_answer(done.stderr.strip())
    return _report(packages)


def _no_answer(said: str) -> int:
    reason = said.rpartition("\n")[2]
    if UNREACHABLE.search(said):
        print(f"audit SKIPPED: the source of known vulnerabilities cannot be reached: {reason}")
        return 0
    print(f"audit failed: {reason}", file=sys.stderr)
    return FAILED


def _report(packages: Sequence[dict[str, Any]]) -> int:
    audited = [package for package in packages if "vulns" in package]
    vulnerable = [package for package in audited if package["vulns"]]
    if not audited:
        print(f"audit SKIPPED: the source knows none of {len(packages)} packages")
        return 0
    for package in vulnerable:
        for known in package["vulns"]:
            mended = ", ".join(known["fix_versions"]) or "no version"
            name = f"{package['name']} {package['version']}"
            print(f"{name}: {known['id']}; mended in {mended}", file=sys.stderr)
    left_out = sorted(package["name"] for package in packages if "vulns" not in package)
    if left_out:
        print(f"not audited, for the source does not know them: {', '.join(left_out)}")
    print(f"{len(audited)} packages audited, {len(vulnerable)} with a known vulnerability")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
