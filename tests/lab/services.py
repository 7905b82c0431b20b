"""The services that the stage plays itself: each a short conversation over one connection."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

PATIENCE_S = 10.0

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def handler(kind: str, version: str) -> Handler:
    """The conversation of `kind`, with `version` where its protocol tells one."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Scanners hang up in the middle of everything: that is no error of the service.
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.LimitOverrunError, ValueError):
            async with asyncio.timeout(PATIENCE_S):
                await _CONVERSATIONS[kind](reader, writer, version)
        with contextlib.suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()

    return converse


async def _http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str) -> None:
    request = await reader.readline()
    while (await reader.readline()).strip():
        pass
    body = b"<html><head><title>Lab</title></head><body>It works.</body></html>\n"
    status = b"200 OK" if request.startswith((b"GET ", b"HEAD ")) else b"400 Bad Request"
    head = f"Server: nginx/{version}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(b"HTTP/1.1 " + status + b"\r\n" + head.encode() + body)
    await writer.drain()


async def _mysql(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str) -> None:
    greeting = (
        b"\x0a" + version.encode() + b"\x00" + b"\x08\x00\x00\x00" + b"saltsalt\x00"
        b"\xff\xff\xff\x02\x00\xff\xdf\x15" + b"\x00" * 10 + b"moresaltsalt\x00" + b"caching_sha2_password\x00"
    )
    writer.write(len(greeting).to_bytes(3, "little") + b"\x00" + greeting)
    await writer.drain()
    await reader.read(1024)


async def _shy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str) -> None:
    """Accept and hang up without a word."""


def _banner(
    greeting: str, refusal: str
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str) -> None:
        writer.write(greeting.format(version=version).encode())
        await writer.drain()
        while await reader.readline():
            writer.write(refusal.encode())
            await writer.drain()

    return converse


async def _ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str) -> None:
    """Names itself, and hangs up where keys would be agreed on: it has none."""
    writer.write(f"SSH-2.0-OpenSSH_{version}\r\n".encode())
    await writer.drain()
    if not (await reader.readline()).startswith(b"SSH-"):
        writer.write(b"Invalid SSH identification string.\r\n")
        await writer.drain()


_CONVERSATIONS: dict[str, Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]] = {
    "http": _http,
    "https": _http,
    "mysql": _mysql,
    "shy": _shy,
    "ssh": _ssh,
    "ftp": _banner("220 (vsFTPd {version})\r\n", "530 Please login with USER and PASS.\r\n"),
    "smtp": _banner("220 mail.lab.test ESMTP Postfix\r\n", "502 5.5.2 Error: command not recognized\r\n"),
    "pop3": _banner("+OK Dovecot ready.\r\n", "-ERR Unknown command.\r\n"),
    "imap": _banner(
        "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN] Dovecot ready.\r\n",
        "* BAD Error in IMAP command received by server.\r\n",
    ),
}
