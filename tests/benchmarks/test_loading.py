"""What reading policies costs, against reading YAML."""

from pathlib import Path

import pytest
import yaml
from support.measuring import TODAY, Figures, least

from reaper.config.policies.load import load_policies

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]
COUNT = 1_000
POLICY = """\
  - name: p{n}
    description: Policy number {n} of a large house.
    mode: enforce
    select: {{kind: webui, state: running, owner: {{not: "svc-{n}*@*"}}}}
    terminate_when:
      any:
        - idle: {idle}h
        - age: {age}h
        - all: [{{age: 20h}}, {{not: {{idle: 10m}}}}]
    exempt:
      - {{owner: admin{n}@ROOT, reason: operations}}
"""
RICH = """\
  - name: p{n}
    select: {{kind: webui, owner: ["/^svc-[0-9]+@/", "*@Planning"], environment: {{not: Test}}}}
    terminate_when:
      any:
        - idle: {idle}h
        - all: [{{age: {age}h}}, {{gb_hours: 50}}]
        - all: [{{idle: 1h}}, {{owner_sessions: {{over: 3}}}}, {{running_for: 5h}}]
    only_during: {{windows: [Mon-Fri 19:00-07:00 Europe/Amsterdam, weekends], except: [2026-12-25], holidays: NL}}
    from: 2026-01-01
    until: 2027-12-31
"""


@pytest.mark.parametrize("policy", [POLICY, RICH], ids=["usual", "rich"])
def test_loading_a_thousand_policies(figures: Figures, tmp_path: Path, policy: str) -> None:
    """Reading and checking 1,000 policies takes at most 4 times `yaml.safe_load` of the
    same text.
    """
    text = "policies:\n" + "".join(
        policy.format(n=n, idle=n % 20 + 2, age=n % 200 + 24) for n in range(COUNT)
    )
    (tmp_path / "all.yaml").write_text(text, "utf-8")
    assert len(load_policies(tmp_path, TODAY).policies.policies) == COUNT
    ours, bare = least(
        lambda: load_policies(tmp_path, TODAY), lambda: yaml.safe_load(text), repetitions=3
    )
    kind = "usual" if policy is POLICY else "rich"
    what = (
        f"reading and checking {COUNT:,} {kind} policies to yaml.safe_load: {ours:.2f} s to "
        f"{bare:.2f} s"
    )
    figures.append((what, f"{ours / bare:.2f} x", "4 x"))
    assert ours <= 4 * bare
