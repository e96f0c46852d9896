"""The only room that knows SQL: tables, queries and migrations. Synchronous; asyncio calls it through a
thread.
"""

from store.errors import ClaimLost, StoreAway, StoreBusy, StoreProblem, UnknownRow
from store.schema import migrate
from store.store import Store

__all__ = ["ClaimLost", "Store", "StoreAway", "StoreBusy", "StoreProblem", "UnknownRow", "migrate"]
