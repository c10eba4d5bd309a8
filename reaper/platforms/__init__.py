"""Whose sessions they are: one package for each platform."""
