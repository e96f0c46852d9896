"""Deciding what is wrong, for whom, and which mode each scope is in.

Pure: no I/O, no clock, standard library only. Every function takes ``now`` and values and returns values.
"""
