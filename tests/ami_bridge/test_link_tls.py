"""The link over TLS: only to the Asterisk that it means, on a fake and on real ones."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from ami_server import FakeAsterisk
from authority import Authority

from ami_bridge.inbox import Inbox, LinkTrouble, LinkUp
from ami_bridge.link import BadAuthority, Link, LinkSettings, tls_context
from config.manager_account import render_manager_account
from lab import Lab


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def settings(port: int, ca: Path | None, host: str = "127.0.0.1") -> LinkSettings:
    return LinkSettings(host, port, "holdfast", "right", tls=tls_context(ca), retry_first=0.02, retry_max=0.1)


@asynccontextmanager
async def held(link: Link) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    try:
        yield
    finally:
        link.close()
        await task


async def first(inbox: Inbox, kind: type) -> object:
    async with asyncio.timeout(20):
        while not isinstance(item := await inbox.get(), kind):
            pass
    return item


async def why_not(link: Link, inbox: Inbox) -> str:
    async with held(link):
        trouble = await first(inbox, LinkTrouble)
        assert isinstance(trouble, LinkTrouble)
        return trouble.reason


async def test_a_certificate_of_our_authority_with_our_address_is_trusted(authority: Authority) -> None:
    inbox = Inbox()
    asterisk = FakeAsterisk(tls=authority.server("IP:127.0.0.1"))
    async with asterisk, held(Link(settings(asterisk.port, authority.ca), inbox)):
        assert await first(inbox, LinkUp) == LinkUp(version="11.0.0", uptime=100.0)


async def test_a_certificate_made_out_to_another_is_refused_before_the_secret_is_sent(
    authority: Authority,
) -> None:
    inbox = Inbox()
    async with FakeAsterisk(tls=authority.server("DNS:pbx.example")) as asterisk:
        why = await why_not(Link(settings(asterisk.port, authority.ca), inbox), inbox)
        assert "not trusted" in why
        assert "made out to 127.0.0.1" in why
        assert not asterisk.raw


async def test_a_certificate_of_a_stranger_is_refused_with_the_setting_to_give(authority: Authority) -> None:
    inbox = Inbox()
    async with FakeAsterisk(tls=authority.server("IP:127.0.0.1")) as asterisk:
        why = await why_not(Link(settings(asterisk.port, None), inbox), inbox)
        assert "HOLDFAST_AMI_CA" in why
        assert not asterisk.raw


async def test_a_port_without_tls_is_told_apart(authority: Authority) -> None:
    inbox = Inbox()
    async with FakeAsterisk() as asterisk:
        assert "tlsbindaddr" in await why_not(Link(settings(asterisk.port, authority.ca), inbox), inbox)
        assert not asterisk.names()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_trust_that_is_none_is_named(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "trust.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadAuthority, match=r"trust\.pem cannot be used .*: give a PEM file"):
        tls_context(path)


def test_no_old_tls_and_nobody_unchecked() -> None:
    context = tls_context(None)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@pytest.mark.asterisk
@pytest.mark.parametrize("version", ["lab", "lab16"])
async def test_the_link_stands_on_a_real_asterisks_tls_port(
    version: str, authority: Authority, request: pytest.FixtureRequest
) -> None:
    chosen: Lab = request.getfixturevalue(version)
    cert, key = authority.certificate(f"IP:{chosen.ami_host}")
    port = _free_port(chosen.ami_host)
    account = render_manager_account("holdfast", "right")
    file = chosen.holdfast_conf_dir / "manager_tls.conf"
    file.write_text(
        f"[general](+)\ntlsenable = yes\ntlsbindaddr = {chosen.ami_host}:{port}\n"
        f"tlscertfile = {cert}\ntlsprivatekey = {key}\n\n{account}"
    )
    try:
        chosen.reload()
        inbox = Inbox()
        async with held(link := Link(settings(port, authority.ca, chosen.ami_host), inbox)):
            await first(inbox, LinkUp)
            assert (await link.action({"Action": "CoreStatus"})).ok
    finally:
        file.unlink()
        chosen.reload()
