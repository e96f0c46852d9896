"""What the outside tells over HTTP (D4): Alertmanager's payload as documented, our signed event, and strangers."""

import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, web

from ami_bridge.http.app import BURST, MOST_BODY, public_app
from ami_bridge.http.doors import CannotServe, PublicDoor
from ami_bridge.http.guard import SIGNATURE, TIMESTAMP, read_json, sign
from ami_bridge.http.server import HttpServer
from config.sources import AlertRule, Webhooks
from fallback.events import Event, Evidence, PartSeen
from fallback.time import Now

SECRET = "a long webhook secret"
POLICY = Webhooks(
    alerts=(
        AlertRule("crm-database", {"service": "crm", "tier": "db"}),
        AlertRule("crm", {"service": "crm"}),
        AlertRule("power", {"alertname": "UpsOnBattery"}),
    ),
    reports=("crm", "power"),
)
Said = tuple[str, bool, str]


@dataclass
class Site:
    """The app on a real port, the events it told, and the clocks it reads."""

    told: list[Event] = field(default_factory=list)
    wall: datetime = datetime(2026, 11, 2, 8, tzinfo=UTC)
    mono: float = 1000.0
    url: str = ""
    http: ClientSession = field(init=False)

    def clock(self) -> Now:
        return Now(self.wall, self.mono)

    def pass_(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds

    def take(self) -> list[Said]:
        """What was told since the last time, all of it as ALERT."""
        said = [one for one in self.told if isinstance(one, PartSeen) and one.evidence is Evidence.ALERT]
        assert len(said) == len(self.told)
        self.told.clear()
        return [(one.component, one.good, one.detail) for one in said]

    async def alerts(self, payload: object, **headers: str) -> tuple[int, Any]:
        """POST it as Alertmanager does."""
        given = {"Authorization": f"Bearer {SECRET}", "User-Agent": "Alertmanager/0.28.1"} | headers
        async with self.http.post(f"{self.url}/alertmanager", json=payload, headers=given) as answer:
            return answer.status, await answer.json()

    async def event(self, body: object, **change: str) -> tuple[int, Any]:
        """POST a signed event; change: of timestamp, signature, secret or source."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = change.get("timestamp", str(int(self.wall.timestamp())))
        signature = change.get("signature", sign(change.get("secret", SECRET), timestamp, raw))
        headers = {TIMESTAMP: timestamp, SIGNATURE: signature}
        url = f"{self.url}/events/{change.get('source', 'monitor')}"
        async with self.http.post(url, data=raw, headers=headers) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def site(policy: Callable[[], Webhooks] = lambda: POLICY, **more: Any) -> AsyncIterator[Site]:
    one = Site()
    server = HttpServer(
        public_app(SECRET, one.told.append, policy, one.clock, **more), PublicDoor("127.0.0.1", 0)
    )
    await server.start()
    one.url = f"http://127.0.0.1:{server.port}"
    try:
        async with ClientSession() as one.http:
            one.pass_(1.0)
            yield one
    finally:
        await server.close()


def alert(status: str, fingerprint: str, summary: str = "", **labels: str) -> dict[str, Any]:
    """One alert with the fields that Alertmanager documents."""
    return {
        "status": status,
        "labels": {"alertname": "CrmSlow", "instance": "crm-1:443", **labels},
        "annotations": {"summary": summary} if summary else {},
        "startsAt": "2026-11-02T07:59:02.113Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        "fingerprint": fingerprint,
    }


def payload(*alerts: dict[str, Any], **change: object) -> dict[str, Any]:
    """The payload that Alertmanager documents, version 4."""
    firing = any(one["status"] == "firing" for one in alerts)
    return {
        "version": "4",
        "groupKey": '{}:{alertname="CrmSlow"}',
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "holdfast",
        "groupLabels": {"alertname": "CrmSlow"},
        "commonLabels": {"alertname": "CrmSlow"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": list(alerts),
        **change,
    }


# -- Alertmanager


async def test_an_alert_stands_until_it_is_resolved() -> None:
    async with site() as one:
        answer = await one.alerts(payload(alert("firing", "f1", "p95 is 9 s", service="crm")))
        assert answer == (200, {"taken": 1, "unmatched": 0})
        assert one.take() == [("crm", False, "CrmSlow crm-1:443: p95 is 9 s")]
        await one.alerts(payload(alert("resolved", "f1", service="crm")))
        assert one.take() == [("crm", True, "")]


async def test_a_component_is_well_only_when_the_last_of_its_alerts_is_resolved() -> None:
    async with site() as one:
        await one.alerts(payload(alert("firing", "f1", service="crm"), alert("firing", "f2", service="crm")))
        assert [said[:2] for said in one.take()] == [("crm", False)]
        await one.alerts(
            payload(alert("resolved", "f1", service="crm"), alert("firing", "f2", service="crm"))
        )
        assert [said[:2] for said in one.take()] == [("crm", False)]
        await one.alerts(payload(alert("resolved", "f2", service="crm")))
        assert one.take() == [("crm", True, "")]


async def test_the_first_rule_whose_labels_all_match_counts() -> None:
    async with site() as one:
        await one.alerts(payload(alert("firing", "f1", service="crm", tier="db")))
        assert [said[:2] for said in one.take()] == [("crm-database", False)]


async def test_alerts_without_a_fingerprint_are_told_apart_by_their_labels() -> None:
    async with site() as one:
        await one.alerts(payload(alert("firing", "", service="crm", shard="1")))
        await one.alerts(payload(alert("firing", "", service="crm", shard="2")))
        await one.alerts(payload(alert("resolved", "", service="crm", shard="1")))
        assert not any(good for _, good, _ in one.take())
        await one.alerts(payload(alert("resolved", "", service="crm", shard="2")))
        assert one.take() == [("crm", True, "")]


async def test_what_no_rule_knows_is_counted_and_when_nothing_is_known_the_rules_are_named() -> None:
    async with site() as one:
        known, stranger = alert("firing", "f1", service="crm"), alert("firing", "f2", service="shop")
        assert await one.alerts(payload(known, stranger)) == (200, {"taken": 1, "unmatched": 1})
        status, said = await one.alerts(payload(stranger))
        assert (status, said["field"]) == (422, "alerts.0.labels")
        assert said["known"] == [
            "crm-database: service=crm, tier=db",
            "crm: service=crm",
            "power: alertname=UpsOnBattery",
        ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (payload(version="5"), "version"),
        ({"version": "4"}, "alerts"),
        ([], "body"),
        (payload(alert("sleeping", "f1")), "alerts.0.status"),
        (payload(alert("firing", "f1") | {"labels": {"service": 7}}), "alerts.0.labels.service"),
        (payload(*[alert("firing", "f1")] * 1001), "alerts"),
    ],
)
async def test_a_payload_of_another_shape_is_refused_by_the_name_of_its_field(
    wrong: object, field: str
) -> None:
    async with site() as one:
        status, said = await one.alerts(wrong)
        assert (status, said["field"]) == (422, field)
        assert one.take() == []


async def test_alertmanager_needs_the_secret() -> None:
    async with site() as one:
        for header in ("", "Bearer", "Bearer wrong", f"Basic {SECRET}", SECRET):
            status, _ = await one.alerts(payload(alert("firing", "f1", service="crm")), Authorization=header)
            assert status == 401, header
        assert one.take() == []


async def test_a_new_policy_counts_at_once() -> None:
    rules = [POLICY]
    async with site(lambda: rules[0]) as one:
        rules[0] = Webhooks(alerts=(AlertRule("shop", {"service": "shop"}),))
        await one.alerts(payload(alert("firing", "f1", service="shop")))
        assert [said[:2] for said in one.take()] == [("shop", False)]


# -- our signed event


async def test_a_signed_event_is_taken() -> None:
    async with site() as one:
        bad = {"component": "crm", "good": False, "detail": "logins fail\n\x1b[2J"}
        assert await one.event(bad) == (200, {"taken": 1})
        assert one.take() == [("crm", False, "monitor: logins fail  [2J")]
        assert (await one.event({"component": "crm", "good": True}))[0] == 200
        assert one.take() == [("crm", True, "")]


async def test_one_source_cannot_take_back_what_another_says() -> None:
    async with site() as one:
        await one.event({"component": "crm", "good": False}, source="monitor-a")
        await one.event({"component": "crm", "good": True}, source="monitor-b")
        assert one.take() == [("crm", False, "monitor-a")]


async def test_the_same_body_counts_once() -> None:
    async with site() as one:
        sent = {"component": "crm", "good": False}
        assert (await one.event(sent))[0] == 200
        assert (await one.event(sent))[0] == 409
        assert (await one.event(sent, source="another"))[0] == 409
        assert (await one.event({**sent, "id": "2"}))[0] == 200
        one.pass_(299)
        earlier = str(int(one.wall.timestamp()) - 299)
        assert (await one.event(sent, timestamp=earlier))[0] == 409
        assert len(one.take()) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "another"},
        {"signature": "sha256=" + "0" * 64},
        {"signature": "ünsigned"},
        {"signature": ""},
        {"timestamp": ""},
        {"timestamp": "soon"},
        {"timestamp": "-1"},
        {"timestamp": "9" * 13},
        {"timestamp": str(int(datetime(2026, 11, 2, 7, 54, 59, tzinfo=UTC).timestamp()))},
        {"timestamp": str(int(datetime(2026, 11, 2, 8, 5, 10, tzinfo=UTC).timestamp()))},
    ],
)
async def test_what_is_not_signed_now_by_who_knows_the_secret_is_refused(change: dict[str, str]) -> None:
    async with site() as one:
        status, said = await one.event({"component": "crm", "good": False}, **change)
        assert status == 403
        assert SECRET not in json.dumps(said)
        assert one.take() == []


async def test_what_was_signed_before_the_start_is_refused_because_it_may_have_been_taken_then() -> None:
    async with site() as one:
        before = str(int(one.wall.timestamp()) - 30)
        status, said = await one.event({"component": "crm", "good": False}, timestamp=before)
        assert (status, said["problem"]) == (403, "signed before the bridge started; sign it anew")


async def test_a_component_that_may_not_be_spoken_of_is_answered_with_those_that_may() -> None:
    async with site() as one:
        status, said = await one.event({"component": "crm-database", "good": False})
        assert (status, said) == (
            422,
            {
                "field": "component",
                "problem": "sources.webhooks.reports lists no 'crm-database'",
                "known": ["crm", "power"],
            },
        )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 100_000, "body"),
        (b'{"component": "crm", "good": NaN}', "body"),
        (b'{"component": "crm"}', "good"),
        (b'{"component": "crm", "good": "no"}', "good"),
        (b'{"component": "crm", "good": true, "mode": "OUTAGE"}', "mode"),
    ],
)
async def test_a_signed_body_that_cannot_be_used_is_answered_with_its_field(body: bytes, field: str) -> None:
    async with site() as one:
        status, said = await one.event(body)
        assert (status, said["field"]) == (422, field)
        assert (await one.event(body))[0] == 422  # not taken, so not taken before


# -- everybody


async def test_more_than_the_size_limit_is_not_read() -> None:
    async with site() as one:
        big = b" " * (MOST_BODY + 1)
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with one.http.post(f"{one.url}/alertmanager", data=big, headers=headers) as answer:
            assert answer.status == 413


async def test_too_many_requests_are_told_to_come_later_and_strangers_use_none_of_them_up() -> None:
    async with site() as one:
        for _ in range(int(BURST) + 20):
            assert (await one.event({"component": "crm", "good": True}, secret="wrong"))[0] == 403
        statuses = [
            (await one.event({"component": "crm", "good": True, "id": str(number)}))[0]
            for number in range(int(BURST) + 5)
        ]
        assert (statuses.count(200), statuses.count(429)) == (BURST, 5)
        last = {"component": "crm", "good": True, "id": str(int(BURST) + 4)}
        one.pass_(1.0)
        assert (await one.event(last, timestamp=str(int(one.wall.timestamp()) - 1)))[0] == 200


async def test_routes_of_other_rooms_are_served_beside_ours() -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text=f"ack {request.match_info['token']}")

    async with site(extra_routes=[web.get("/ack/{token}", page)]) as one:
        async with one.http.get(f"{one.url}/ack/abc") as answer:
            assert (answer.status, await answer.text()) == (200, "ack abc")
        async with one.http.get(f"{one.url}/alertmanager") as answer:
            assert answer.status == 405


async def test_without_a_secret_there_is_no_webhook() -> None:
    one = Site()
    server = HttpServer(
        public_app(None, one.told.append, lambda: POLICY, one.clock), PublicDoor("127.0.0.1", 0)
    )
    await server.start()
    one.url = f"http://127.0.0.1:{server.port}"
    async with ClientSession() as one.http, one.http.post(f"{one.url}/alertmanager") as answer:
        assert answer.status == 404
    await server.close()


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        one = Site()
        app = public_app(SECRET, one.told.append, lambda: POLICY, one.clock)
        with pytest.raises(CannotServe, match=f"port {port}"):
            await HttpServer(app, PublicDoor("127.0.0.1", port)).start()


def test_brackets_in_texts_are_no_depth() -> None:
    nested = {"text": '[[[[[[[[[[[[[[[[[[[[ \\" {{{{{{'}
    assert read_json(json.dumps([nested] * 100).encode()) == [nested] * 100
    with pytest.raises(ValueError, match="nested deeper than 16"):
        read_json(b"[" * 17 + b"]" * 17)


@pytest.mark.parametrize("tail", ["", "\\", '"'])
def test_a_text_that_never_ends_is_read_only_once(tail: str) -> None:
    begun = time.process_time()
    with pytest.raises(json.JSONDecodeError):
        read_json(('x"' + '\\"' * 100_000 + tail).encode())
    assert (
        time.process_time() - begun < 5.0
    )  # read again from each of its characters it takes minutes of any processor
