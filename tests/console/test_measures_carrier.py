"""Percent busies by carrier, from what the carriers counted (requirements G, H)."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

from console_visitor import Visitor
from flask.testing import FlaskClient
from measured import DAY, tell_morning

from callbacks.measures.imports import CarrierCount
from store import Store

pytest_plugins = ["console_fixtures"]
START = datetime.fromisoformat(f"{DAY}T00:00:00").replace(tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_each_carrier_has_its_own_share_beside_that_of_all(client: FlaskClient, store: Store) -> None:
    tell_morning(store)
    counts = [
        CarrierCount("carrier-a", START, START + HOUR, 100, 40),
        CarrierCount("carrier-a", START + HOUR, START + 2 * HOUR, 100, 0),
        CarrierCount("carrier-b", START, START + HOUR, 50, 5),
    ]
    store.put_carrier_counts(counts)
    leader = Visitor(client)
    leader.sign_in()
    query = f"from={DAY}&until={DAY}&by=carrier"
    page = client.get(f"/measures/?{query}").text
    assert re.findall(r'<th scope="row">(carrier-.)</th><td class="number">([^<]+)</td></tr>', page) == [
        ("carrier-a", "20.0 %"),
        ("carrier-b", "10.0 %"),
    ]
    assert "45 ÷ 250" in page, "and of all of them"
    text = client.get(f"/measures/measures.csv?{query}&lang=zh-CN").get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert any(row[:1] == ["运营商"] for row in rows)
    assert {row[0] for row in rows if row and row[0].startswith("carrier-")} == {"carrier-a", "carrier-b"}
