"""Figures, each with its ratio to a floor measured in the same run. ``python -m bench`` runs them all."""
