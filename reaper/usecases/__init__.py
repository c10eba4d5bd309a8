"""One function for each thing that a person or a schedule can ask for.

The command line and the daemon call these.

Each takes settings and typed options, gives a frozen result, and raises a ReaperError. None of them
prints, asks a terminal or leaves the process.

configuration.py   settings and policies        accounts.py    a look or a run over each account
sessions.py        what runs now                plans.py       plan and apply
explain.py         why one session              compare.py     what other policies would do
policies.py        check, try, describe         holds.py       pause, resume, release, acknowledge
exemptions.py      by hand                      history.py     decisions and runs
database.py        schema, prune, copy          doctor.py      what is in the way
init.py            files to start from          emulation.py   demo and emulate
tokens.py          to read over HTTP            terminate.py   one session by hand
status.py          how each account stands
"""
