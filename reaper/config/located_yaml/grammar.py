"""What the YAML parser stumbled over, in a person's words and without repeating what may be a
secret.
"""

from __future__ import annotations

from yaml.error import Mark, MarkedYAMLError

_QUOTE = "must be quoted, like '*@Planning'"
_WORDS = {
    "found character '\\t'": "a tab is not allowed here; indent with spaces",
    "found another document": "a second document starts here; write one document per file, without '---' in between",
    "found undefined alias": f"'*' starts an alias, and no anchor has this name; a pattern {_QUOTE}",
    "expected alphabetic or numeric character": f"a text that starts with '*' or '&' {_QUOTE}",
    "but found '<stream end>'": "the file ends unexpectedly; close what was opened with '[' or '{'",
    "but found ':'": "a key is missing before ':'; write 'key: value'",
    "found duplicate anchor": "this anchor (&...) is defined twice; give it another name",
    "'<document start>'": "the value above is already complete; check the indentation",
    "mapping values are not allowed": (
        "a ':' is not allowed here; check the indentation, and that a space follows each ':' above; "
        "put a text "
        "that contains ': ' in quotes"
    ),
    "could not find expected ':'": "this key has no ':'; write 'key: value'",
    "expected <block end>": "this line's indentation does not fit the lines above; align it with its neighbours",
    "expected ',' or ']'": "the list that was opened with '['{where} is not closed; write ', ' or ']'",
    "expected ',' or '}'": "the mapping that was opened with '{{'{where} is not closed; write ', ' or '}}'",
    "found unexpected end of stream": "a quote is never closed; add the closing quote",
    "that cannot start any token": "a text cannot start with this character; put it in quotes",
    "found undefined tag handle": "tags (!...) are not allowed; a text that starts with '!' must be quoted",
    "while scanning a tag": "tags (!...) are not allowed; a text that starts with '!' must be quoted",
    "sequence entries are not allowed": "a '- ' is not allowed here; start the list on a line of its own",
    "unknown escape character": "unknown escape sequence; write 'single quotes' around the text instead",
}


_TOLD_WHERE_IT_BEGAN = ("found unexpected end of stream", "could not find expected ':'")


def mark_of(error: MarkedYAMLError) -> tuple[int, int]:
    """Line and column, from 1, where a person should look."""
    began = str(error.problem).startswith(_TOLD_WHERE_IT_BEGAN)
    mark = (error.context_mark if began else None) or error.problem_mark or error.context_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def in_words(error: MarkedYAMLError) -> str:
    message = f"{error.context or ''} {error.problem or ''}"
    for pattern, words in _WORDS.items():
        if pattern in message:
            return words.format(where=_where(error.context_mark)) if "{where}" in words else words
    return (
        f"this is not valid YAML ({message.strip()}); put texts with special characters in quotes"
    )


def _where(mark: Mark | None) -> str:
    return f" in {mark.line + 1}:{mark.column + 1}" if mark else ""
