"""Every link between the pages, and every page that is named elsewhere, is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
SITE = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *SITE]
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """What its headings are called in an address, as GitHub and the site do."""
    titles = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Each link of a page names a file that is there, and a heading that it has."""
    wrong = []
    for link in _LINK.findall(prose(page)):
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


def test_every_page_that_the_program_names_is_there() -> None:
    """Messages, policies, units and this house's map name only pages and files that exist."""
    folders = "reaper", "policies", "migrations", "tests", "tools", "docs"
    files = [f for folder in folders for f in (ROOT / folder).rglob("*") if f.suffix in KINDS]
    named = {
        (name, file.name)
        for file in [*files, ROOT / "CONTRIBUTING.md", ROOT / "Makefile"]
        for name in re.findall(r"(?<![\w/])docs/[\w/-]+\.\w+", file.read_text("utf-8"))
    }
    assert [(name, file) for name, file in sorted(named) if not (ROOT / name).exists()] == []
    assert len(named) > 10


KINDS = {".py", ".yaml", ".md", ".service", ".timer"}


def test_every_page_is_in_the_navigation() -> None:
    """A page that no menu has is found by nobody."""
    menu = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    listed = set(re.findall(r"[\w/-]+\.md", str(menu)))
    assert listed == {str(page.relative_to(ROOT / "docs")) for page in SITE}
