"""The HTTP face of the daemon: how it does, and the record, read-only.

app.py, face.py       everything at its address
server.py             uvicorn in a thread of its own
connections.py        how many connections there are, and how long one may take
budget.py             how many requests are answered at a time
access.py             who is answered, and with which headers
tokens.py, guesses.py who has which token, and who guesses
peers.py              who is at the other end
problems.py           every error in one shape
health.py             /healthz and /readyz
status.py             what is seen and recorded, read together
metrics.py            /metrics
collectors.py         each metric
api.py, paging.py     /api/v1: the record, by pages
query_params.py       what can be asked, and how to go on
"""
