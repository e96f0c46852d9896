"""Callers who hear: SIP and RTP by ourselves, so that every prompt and every silence is known from the caller's side."""
