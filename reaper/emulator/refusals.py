"""Why the session-manager does not do what it is asked.

The HTTP face turns each into its status.
"""


class Refusal(Exception):
    """The root; `str(refusal)` is the message of the error body."""

    status = 500


class Unauthorized(Refusal):
    status = 401


class Forbidden(Refusal):
    status = 403


class Missing(Refusal):
    status = 404


class Unsupported(Refusal):
    status = 405


class Impossible(Refusal):
    """Not in this state."""

    status = 409


class BadParameter(Refusal):
    status = 422


class Unreachable(Refusal):
    """The scheduler believes in a session whose job is gone."""

    status = 503
