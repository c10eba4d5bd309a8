"""The one way from this machine to another: bounded in time and size, and interruptible.

client.py    one request, one answer, over httpx; no redirect, no cookie, one deadline over it all
wire.py      the socket below it (and below mail), which is never waited for beyond its limit
limits.py    what an exchange, a look, a pass and a stop allow
machine.py   the proxy and TLS variables of this machine
packing.py   the bytes of an answer, bounded before and after they are unpacked
faults.py    what can go wrong, in words
"""
