"""The promise book: what callers left, whose turn it is, and what each attempt leads to.

The rules are pure; the spool and the dispatcher do I/O through the ports named in ``callbacks.ports``.
"""
