"""Copies of the store (requirement A9): made while everybody works, tried out before they are needed, put back as a whole."""

from store.backups.making import make, restore, verify
from store.backups.manifest import KEEP, Backup, BackupProblem, good, thin

__all__ = ["KEEP", "Backup", "BackupProblem", "good", "make", "restore", "thin", "verify"]
