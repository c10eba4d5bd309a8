"""The kinds of sessions, as the session-manager's paths name them; core knows what each is like."""

WEBUI = "webui"
TASK = "task"
SOLVE = "solve"
KINDS = (WEBUI, TASK, SOLVE)
