"""Verdicts, memory and limits to a plan."""
