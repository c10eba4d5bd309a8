"""Strict YAML 1.2 that remembers where each value stands, and says what is wrong in a person's words."""

from reaper.core.words import close_to
from reaper.located_yaml.explain import explain
from reaper.located_yaml.reading import Located, load, parse

__all__ = ["Located", "close_to", "explain", "load", "parse"]
