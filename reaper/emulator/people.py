"""Who works on the account, and with what."""

import random

ENVIRONMENTS = ("ROOT", "Planning", "Supply", "Test")
_WEIGHTS = (1, 5, 4, 2)
_FIRST = (
    "anna", "ben", "carla", "dmitri", "emma", "felix", "grace", "hugo", "ines", "jan", "kim", "lena", "marco", "nadia",
    "oscar", "petra", "quinn", "rosa", "sven", "tara", "umar", "vera", "wim", "xenia", "yusuf", "zoe",
)  # fmt: skip
_LAST = (
    "adler", "bakker", "costa", "dekker", "evans", "fischer", "garcia", "haas", "ivanov", "jansen", "koch", "lind",
    "meyer", "novak", "olsen", "peters", "ruiz", "smit", "torres", "visser", "weber", "young",
)  # fmt: skip
_SERVICES = ("svc-nightly", "svc-erp", "svc-reports")

APPS = (
    ("Demand Forecasting", ("2.3", "2.4", "2.10")),
    ("Network Design", ("1.0", "1.1")),
    ("Production Planning", ("5.2", "5.3")),
    ("Crew Rostering", ("0.9",)),
    ("Gas Blending", ("3.1", "3.2")),
)
TASK_SERVICES = ("optimize", "import-orders", "replan", "simulate")


def crew(rng: random.Random, count: int) -> list[str]:
    """That many different owners, written user@environment, drawn from the seed."""
    owners: dict[str, None] = {}
    while len(owners) < count:
        name = f"{rng.choice(_FIRST)}.{rng.choice(_LAST)}"
        suffix = rng.randrange(2, 10_000) if len(owners) > len(_FIRST) else ""
        owners[f"{name}{suffix}@{rng.choices(ENVIRONMENTS, _WEIGHTS)[0]}"] = None
    return list(owners)


def service_accounts(rng: random.Random) -> list[str]:
    return [f"{name}@{rng.choice(ENVIRONMENTS)}" for name in _SERVICES]


def application(rng: random.Random) -> tuple[str, str]:
    name, versions = rng.choice(APPS)
    return name, rng.choice(versions)
