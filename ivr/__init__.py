"""What a caller hears.

The dialogue is pure; ``fastagi`` is the driver that speaks it on an Asterisk channel. The dialplan carries the call when
no driver can (see ``config.asterisk``).
"""
