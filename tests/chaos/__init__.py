"""Callers keep calling while faults are injected at random; at the end the book is held against what they heard."""
