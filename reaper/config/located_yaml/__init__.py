"""Strict YAML 1.2 that remembers where each value stands, and says what is wrong in a person's
words.
"""

from reaper.config.located_yaml.explain import explain
from reaper.config.located_yaml.reading import Located, load, parse
from reaper.core.model.suggestions import closest

__all__ = ["Located", "closest", "explain", "load", "parse"]
