"""The HTTP face of the daemon: how it does, and the record, read-only.

server.py     uvicorn in a thread of its own      guard.py               who is answered, and with
which headers app.py, face.py  everything at its address         problems.py            every error
in one shape health.py     /healthz and /readyz                standing.py            what is seen
and recorded, read together metrics.py    /metrics                            figures.py
each metric api.py        /api/v1: the record, by pages       asking.py, paging.py   what can be
asked, and how to go on
"""
