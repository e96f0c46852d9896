"""What the app of tier 4 refuses: whatever the provider has not signed, and whatever is no request of his."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio_caller import NOW, PUBLIC, SECRET, Memory, Shelf, TwilioCall, app_in_memory, by_prompt, through
from twilio_server import SID, TOKEN, signature

from ivr.policy import CallerPolicy
from ivr.twiml.trail import Seal, Trail

POLICY = CallerPolicy(dialogue="express")
FIELDS = {"CallSid": "CA" + "0" * 32, "AccountSid": SID, "From": "+8613912345678", "To": "+1"}
PLACES = (
    "voice/power",
    "begin",
    "step",
    "recording",
    "danger?n=0",
    "danger-number",
    "danger-answer?lang=en",
    "danger-press",
)


def client(memory: Memory | None = None) -> FlaskClient:
    return app_in_memory(memory or Memory(), Shelf(POLICY)).test_client()


def post(path: str, fields: Mapping[str, Any], signed: str | None, to: FlaskClient | None = None) -> int:
    headers = {} if signed is None else {"X-Twilio-Signature": signed}
    return (to or client()).post(path, data=fields, headers=headers).status_code


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "how", ["missing", "empty", "wrong", "other token", "other address", "field added", "field changed"]
)
def test_what_the_provider_has_not_signed_is_forbidden(place: str, how: str) -> None:
    """A missing header raises in the SDK; here it is a 403 like the others."""
    url, memory = f"{PUBLIC}/{place}", Memory()
    signed: str | None = {
        "missing": None,
        "empty": "",
        "wrong": "x" * 28,
        "other token": signature(url, FIELDS, "f" * 32),
        "other address": signature(f"https://other.test/{place}", FIELDS),
    }.get(how, signature(url, FIELDS))
    fields = FIELDS | {"field added": {"Digits": "1"}, "field changed": {"From": "+442071234567"}}.get(
        how, {}
    )
    assert post(f"/{place}", fields, signed, client(memory)) == 403
    assert memory.left == []


@pytest.mark.parametrize("fragment", [False, True])
def test_a_signed_call_is_taken_whether_or_not_the_part_behind_the_hash_was_signed(fragment: bool) -> None:
    memory = Memory()
    call = TwilioCall(through(app_in_memory(memory, Shelf(POLICY))), sign_fragment=fragment)
    assert "promise-short" in call.run(by_prompt({"offer-short": "1"})).prompts


def test_the_public_address_is_what_counts_behind_a_proxy() -> None:
    inside = client().post(
        "/voice/power",
        data=FIELDS,
        headers={"X-Twilio-Signature": signature(f"{PUBLIC}/voice/power", FIELDS)},
        base_url="http://127.0.0.1:8097",
    )
    assert inside.status_code == 200


def token(call: str = FIELDS["CallSid"], place: str = "step", secret: str = SECRET) -> str:
    return Seal(secret).token(Trail("power", "fault", "en", "", "", NOW, "00ff", place), call)


@pytest.mark.parametrize("place", ["begin", "step", "danger", "danger-number"])
@pytest.mark.parametrize(
    "bad", ["", "x", "A" * 5000, "other call", "other place", "other secret", "{}", "..", "é", "%00"]
)
def test_an_address_that_is_not_of_this_call_is_forbidden_though_it_is_signed(place: str, bad: str) -> None:
    made = {
        "other call": token("CA" + "1" * 32, place),
        "other place": token(place="voice"),
        "other secret": token(place=place, secret="another secret of 16"),
    }
    query = urlencode({"t": made.get(bad, bad), "n": "0"})
    memory = Memory()
    assert (
        post(f"/{place}?{query}", FIELDS, signature(f"{PUBLIC}/{place}?{query}", FIELDS), client(memory))
        == 403
    )
    assert memory.left == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (urlencode({f"f{n}": "1" for n in range(500)}).encode(), "application/x-www-form-urlencoded", 413),
        (b'{"CallSid": "CA1"}', "application/json", 415),
        (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (b"", "text/plain", 415),
        (b"\xff\xfe\x00%ff%00&&==;", "application/x-www-form-urlencoded", 403),
    ],
)
def test_a_body_that_is_none_of_the_provider_s_is_refused_before_it_is_read(
    body: bytes, kind: str, status: int
) -> None:
    answer = client().post(
        "/voice/power", data=body, content_type=kind, headers={"X-Twilio-Signature": "x" * 28}
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"CallSid": ""}, 400),
        ({"CallSid": "CA 1|2\n"}, 400),
        ({"CallSid": "C" * 200}, 400),
        ({"From": "\x00+86139\n&"}, 200),
        ({"From": "+" + "9" * 3000}, 200),
        ({"From": "张三丰"}, 200),
        ({"Digits": "1&2\n"}, 200),
        ({"RecordingDuration": "1e9", "RecordingSid": "../../etc"}, 200),
    ],
)
def test_signed_nonsense_is_taken_with_care(more: dict[str, str], status: int) -> None:
    memory, fields = Memory(), FIELDS | more
    assert post("/voice/power", fields, signature(f"{PUBLIC}/voice/power", fields), client(memory)) == status
    for left in memory.left:
        assert left.number == ""
        assert len(left.caller_id) <= 64


@pytest.mark.parametrize(
    "path",
    ["/voice/a%2Fb", "/voice/" + "x" * 200, "/voice/power?message=../x", "/danger?n=-1", "/danger?n=x"],
)
def test_names_that_are_none_are_not_found(path: str) -> None:
    assert post(path, FIELDS, signature(f"{PUBLIC}{path}", FIELDS)) in (403, 404)


@pytest.mark.parametrize("path", ["/voice/power", "/begin", "/step", "/danger-press"])
def test_only_posts_are_answered(path: str) -> None:
    assert client().get(path).status_code == 405


@pytest.mark.parametrize(
    "path", ["/prompts/en/../../etc/passwd.wav", "/prompts/%2e%2e/x.wav", "/prompts/en/.built.json", "/"]
)
def test_nothing_but_prompts_is_given_away(path: str) -> None:
    assert client().get(path).status_code == 404


def test_a_signed_form_with_bytes_that_are_no_text_is_no_error() -> None:
    body = b"CallSid=CA1&From=%ff%fe&%00=%00"
    fields = {"CallSid": "CA1", "From": "%FF%FE", "\x00": "\x00"}
    headers = {"X-Twilio-Signature": signature(f"{PUBLIC}/voice/power", fields)}
    kind = "application/x-www-form-urlencoded"
    assert client().post("/voice/power", data=body, content_type=kind, headers=headers).status_code == 200


@settings(max_examples=150)
@given(
    body=st.binary(max_size=300),
    path=st.sampled_from(PLACES),
    header=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)
def test_random_bytes_get_a_refusal_and_never_an_error(body: bytes, path: str, header: str) -> None:
    headers = {"X-Twilio-Signature": header}
    kind = "application/x-www-form-urlencoded"
    assert client().post(f"/{path}", data=body, content_type=kind, headers=headers).status_code in (
        400,
        403,
        404,
        413,
    )


def test_the_fake_signs_as_twilio_s_own_example_says() -> None:
    """The rule spelled out once more: address, then every field by name, HMAC-SHA1, base64."""
    text = f"{PUBLIC}/x" + "a1" + "b2"
    wanted = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
    assert signature(f"{PUBLIC}/x", {"b": "2", "a": "1"}) == wanted
