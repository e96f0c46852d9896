"""What lies outside and is watched beside the manager link: each source turns what it sees into events of the core.

A source runs until it is cancelled, never raises for what is outside, and hands its events on without waiting.
"""
