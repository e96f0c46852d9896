"""Tier 4: the dialogue as TwiML over HTTP, for callers whom the carrier sends to a provider while our site is dead.

A composition root of its own: it runs at another site, with its own spool, and needs nothing of the first one but a copy of
``dialogue.json`` and of the prompts.
"""
