"""The JSON that is answered: in ASCII, for it also appears on terminals."""

from __future__ import annotations

import json

from fastapi.responses import JSONResponse


class Json(JSONResponse):
    """No name in it, whoever chose it, can act on the terminal of whoever asked."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()
