"""The one way by which text from outside reaches a person: shown, never interpreted.

Names, reasons and answers come from servers and files that anybody may write. Whatever shows one
on a terminal, in a log, a mail, a chat room or a spreadsheet takes it from here.
"""

from __future__ import annotations

import re

_FORMULA = tuple("=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
                 "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def visible(text: str, keep: str = "") -> str:
    r"""The text on one line, with everything that only acts written out, like \x1b, \n or \u202e.

    That is control characters, line ends, marks that turn the direction of writing, and what no
    terminal shows. Those in `keep` stay.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _written_out(c) for c in text)


def csv_cell(value: object) -> object:
    """What a cell of a spreadsheet holds: never a formula of somebody else's, always one line.

    A text that would be a formula begins with an apostrophe. What is no text stays as it is.
    """
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def chat_text(text: str) -> str:
    """Lines for a chat room, which call nobody and hide no address behind other words."""
    shown = visible(text, keep="\n").translate(_ENTITIES).replace("](", "] (")
    return _MENTION.sub("@ ", shown)


def json_text(document: str) -> str:
    r"""A JSON document as a terminal may show it: what only acts is escaped, like \u202e.

    It says the same. Letters of every language stay as they are.
    """
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in document)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode()
