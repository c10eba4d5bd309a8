"""The rules, pure: standard library and pydantic only.

No I/O, no clock, no logging, no randomness.
"""
