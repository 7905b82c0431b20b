"""Documents as `nmap -sV --script ssl-cert,... -O` writes them of a large and mixed network, of any size and always the same."""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path

from functions.core.intervals import IntervalSet
from functions.core.ports import PortSet

FIRST = int(IPv4Address("10.0.0.0"))
_ASKED = 1000


@dataclass(frozen=True)
class _Product:
    """`cpe`: vendor and product; `extra`: what it may say of itself besides."""

    port: int
    name: str
    product: str
    versions: tuple[str, ...]
    cpe: str = ""
    extra: tuple[str, ...] = ("",)
    tls: bool = False


def _versions(*lines: str, patches: int) -> tuple[str, ...]:
    return tuple(f"{line}.{patch}" for line in lines for patch in range(patches))


_PRODUCTS = (
    _Product(22, "ssh", "OpenSSH", ("7.4", "8.0", "8.2p1 Ubuntu 4ubuntu0.11", "8.9p1 Ubuntu 3ubuntu0.6", "9.2p1 Debian 2+deb12u2", "9.6p1"), "openbsd:openssh", ("protocol 2.0", "Ubuntu Linux; protocol 2.0")),
    _Product(80, "http", "nginx", _versions("1.14", "1.18", "1.22", "1.25", patches=5), "igor_sysoev:nginx", ("", "Ubuntu")),
    _Product(443, "http", "nginx", _versions("1.14", "1.18", "1.22", "1.25", patches=5), "igor_sysoev:nginx", tls=True),
    _Product(81, "http", "Apache httpd", _versions("2.4", patches=60), "apache:http_server", ("(Debian)", "(CentOS) OpenSSL/1.0.2k-fips PHP/7.4.33", "(Win64) PHP/8.1.10")),
    _Product(444, "http", "Apache httpd", _versions("2.4", patches=60), "apache:http_server", ("(Ubuntu)", "(Red Hat Enterprise Linux)"), tls=True),
    _Product(82, "http", "Microsoft IIS httpd", ("7.5", "8.5", "10.0"), "microsoft:internet_information_services"),
    _Product(25, "smtp", "Postfix smtpd", ("",), "postfix:postfix"),
    _Product(465, "smtp", "Exim smtpd", _versions("4", patches=98), "exim:exim", tls=True),
    _Product(587, "smtp", "Sendmail", _versions("8.15", "8.17", patches=3), "sendmail:sendmail"),
    _Product(53, "domain", "ISC BIND", _versions("9.11", "9.16", "9.18", patches=30), "isc:bind", ("", "Ubuntu Linux")),
    _Product(110, "pop3", "Dovecot pop3d", ("",), "dovecot:dovecot"),
    _Product(993, "imap", "Dovecot imapd", ("",), "dovecot:dovecot", tls=True),
    _Product(21, "ftp", "vsftpd", ("2.0.8 or later", "3.0.2", "3.0.3", "3.0.5"), "vsftpd:vsftpd"),
    _Product(23, "telnet", "Cisco router telnetd", ("",)),
    _Product(111, "rpcbind", "", ("2-4",), extra=("RPC #100000",)),
    _Product(139, "netbios-ssn", "Samba smbd", ("3.X - 4.X", "4.6.2"), "samba:samba", ("workgroup: WORKGROUP", "workgroup: OFFICE")),
    _Product(389, "ldap", "OpenLDAP", ("2.2.X - 2.3.X",), "openldap:openldap"),
    _Product(636, "ldap", "Microsoft Windows Active Directory LDAP", ("",), extra=("Domain: corp.example., Site: Default-First-Site-Name",), tls=True),
    _Product(515, "printer", "", ("",)),
    _Product(554, "rtsp", "Hikvision DS-2CD rtspd", ("",)),
    _Product(631, "ipp", "CUPS", _versions("2.2", "2.3", "2.4", patches=8), "apple:cups"),
    _Product(873, "rsync", "", ("",), extra=("protocol version 31",)),
    _Product(902, "vmware-auth", "VMware Authentication Daemon", ("1.10",), extra=("Uses VNC, SOAP",), tls=True),
)  # fmt: skip
_SYSTEMS = ("Linux 5.3 - 5.4", "Linux 4.15 - 5.6", "Linux 2.6.32 - 3.10", "Microsoft Windows Server 2019", "Cisco IOS 15.2", "FreeBSD 13.0-RELEASE", "AXIS 210A or 211 Network Camera (Linux 2.6.17)")  # fmt: skip
_TITLES = ("Welcome to nginx!", "Site doesn&apos;t have a title (text/html).", "Apache2 Debian Default Page: It works", "Caf&#xe9; &amp; Bar &quot;Zum L&#xf6;wen&quot;", "401 Unauthorized", "IIS Windows Server", "Login - Management Console", "&lt;b&gt;404&lt;/b&gt; Not Found")  # fmt: skip
_VENDORS = ("Hewlett Packard", "Dell", "VMware", "Cisco Systems", "Super Micro Computer", "Axis Communications AB")
_REASONS = (("closed", "reset"), ("filtered", "no-response"), ("filtered", "host-prohibited"), ("filtered", "admin-prohibited"))  # fmt: skip


def write(path: Path, *, size: int, seed: int = 1) -> None:
    """A whole document of `size` bytes, a host more or less."""
    rng, hosts = random.Random(seed), count()
    with path.open("wb") as file:
        written = file.write(_BEGIN)
        while written < size:
            written += file.write("".join(_host(rng, next(hosts))).encode("ascii"))
        file.write(_END)


_BEGIN = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n'
    b'<?xml-stylesheet href="file:///usr/bin/../share/nmap/nmap.xsl" type="text/xsl"?>\n'
    b'<nmaprun scanner="nmap" args="nmap -sS -sV -O --script ssl-cert,http-title,ssh-hostkey -p 1-1000 -oX -" start="1795241945"'
    b' startstr="Sat Nov 21 06:19:05 2026" version="7.93" xmloutputversion="1.05">\n'
    b'<scaninfo type="syn" protocol="tcp" numservices="1000" services="1-1000"/>\n<verbose level="1"/>\n<debugging level="0"/>\n'
)
_END = (
    b'<runstats><finished time="1795242016" timestr="Sat Nov 21 06:20:16 2026" summary="Nmap done" elapsed="71.03" exit="success"/>'
    b'<hosts up="1" down="0" total="1"/>\n</runstats>\n</nmaprun>\n'
)


def _host(rng: random.Random, index: int) -> Iterator[str]:
    address = IPv4Address(FIRST + index)
    yield '<host starttime="1795241945" endtime="1795242016"><status state="up" reason="syn-ack" reason_ttl="63"/>\n'
    yield f'<address addr="{address}" addrtype="ipv4"/>\n'
    if rng.random() < 0.2:
        mac = rng.randbytes(6).hex(":").upper()
        yield f'<address addr="{mac}" addrtype="mac" vendor="{rng.choice(_VENDORS)}"/>\n'
    yield "<hostnames>\n"
    if rng.random() < 0.6:
        yield f'<hostname name="host-{index}.example" type="PTR"/>\n'
    yield "</hostnames>\n<ports>"
    opens = sorted(rng.sample(_PRODUCTS, rng.randint(1, 12)), key=lambda product: product.port)
    others = rng.sample(range(1, _ASKED + 1), rng.choice((0, 0, 0, 1, 3)))
    yield from _rest(rng, {*others, *(product.port for product in opens)})
    for product in opens:
        yield from _open(rng, product, f"host-{index}.example")
    for port in others:
        state, reason = rng.choice(_REASONS)
        yield f'<port protocol="tcp" portid="{port}"><state state="{state}" reason="{reason}" reason_ttl="63"/>'
        yield '<service name="unknown" method="table" conf="3"/></port>\n'
    yield "</ports>\n"
    yield from _system(rng)
    yield f'<times srtt="{rng.randint(100, 90000)}" rttvar="{rng.randint(10, 9000)}" to="100000"/>\n</host>\n'
    if index % 50 == 0:
        yield f'<taskprogress task="Service scan" time="1795241999" percent="{index % 100}.00" remaining="9" etc="1795242010"/>\n'


def _rest(rng: random.Random, told: set[int]) -> Iterator[str]:
    """What nmap tells of only together, under one reason or two."""
    left = IntervalSet(((1, _ASKED),)) - IntervalSet.of(told)
    cut = rng.choice((0, 0, rng.randint(1, 40)))
    below, above = IntervalSet(((1, max(cut, 1)),)), IntervalSet(((max(cut, 1) + 1, _ASKED),))
    for (state, reason), ports in zip(rng.sample(_REASONS, 2), (left & below, left & above), strict=True):
        if ports:
            yield f'<extraports state="{state}" count="{ports.count}">\n<extrareasons reason="{reason}" count="{ports.count}"'
            yield f' proto="tcp" ports="{PortSet(ports).canonical()}"/>\n</extraports>\n'


def _open(rng: random.Random, product: _Product, name: str) -> Iterator[str]:
    version = rng.choice(product.versions)
    said = {"product": product.product, "version": version, "extrainfo": rng.choice(product.extra)}
    told = "".join(f' {key}="{value}"' for key, value in said.items() if value)
    yield f'<port protocol="tcp" portid="{product.port}"><state state="open" reason="syn-ack" reason_ttl="63"/>'
    yield f'<service name="{product.name}"{told}{_TLS if product.tls else ""}'
    if rng.random() < 0.03:
        raw = rng.randbytes(200).hex("|").replace("|", "\\x")
        yield f' servicefp="SF-Port{product.port}-TCP:V=7.93&#37;I=7&#37;D=11/21&#37;r(GetRequest,C8,&quot;{raw}&quot;);"'
    yield ' method="probed" conf="10">'
    if product.cpe:
        number = version.split(" ")[0]
        yield f"<cpe>cpe:/a:{product.cpe}{':' + number if number else ''}</cpe>"
        yield "<cpe>cpe:/o:linux:linux_kernel</cpe>" if "Linux" in said["extrainfo"] else ""
    yield "</service>"
    if product.tls and rng.random() < 0.3:
        yield from _certificate(rng, name)
    if product.name == "http":
        title = rng.choice(_TITLES)
        yield f'<script id="http-title" output="{title}"><elem key="title">{title}</elem>\n</script>'
        yield f'<script id="http-server-header" output="{product.product}/{version}"><elem>{version}</elem>\n</script>'
    if product.name == "ssh" and rng.random() < 0.5:
        yield from _host_keys(rng)
    yield "</port>\n"


_TLS = ' tunnel="ssl"'


def _certificate(rng: random.Random, name: str) -> Iterator[str]:
    names = ", ".join(f"DNS:{prefix}{name}" for prefix in ("", "www.", "*.")[: rng.randint(1, 3)])
    who = f'<elem key="commonName">{name}</elem>\n<elem key="organizationName">Example</elem>\n'
    lines = base64.b64encode(rng.randbytes(864)).decode()
    pem = "&#xa;".join(lines[start : start + 64] for start in range(0, len(lines), 64))
    key = rng.randbytes(20).hex(":").upper()
    yield f'<script id="ssl-cert" output="Subject: commonName={name}/organizationName=Example&#xa;Subject Alternative Name: {names}'
    yield f"&#xa;Issuer: commonName={name}/organizationName=Example&#xa;Public Key type: rsa&#xa;Public Key bits: 2048"
    yield "&#xa;Signature Algorithm: sha256WithRSAEncryption&#xa;Not valid before: 2026-11-21T05:57:05&#xa;Not valid after:  2027-11-21T05:57:05"
    yield f'"><table key="subject">\n{who}</table>\n<table key="issuer">\n{who}</table>\n<table key="pubkey">\n'
    yield f'<elem key="type">rsa</elem>\n<elem key="bits">2048</elem>\n<elem key="modulus">{rng.randbytes(256).hex().upper()}</elem>\n'
    yield '<elem key="exponent">65537</elem>\n</table>\n<table key="extensions">\n'
    for extension, value in (
        ("X509v3 Subject Key Identifier", key),
        ("X509v3 Authority Key Identifier", key),
        ("X509v3 Basic Constraints", "CA:TRUE"),
        ("X509v3 Subject Alternative Name", names),
    ):
        yield f'<table>\n<elem key="name">{extension}</elem>\n<elem key="value">{value}</elem>\n</table>\n'
    yield '</table>\n<elem key="sig_algo">sha256WithRSAEncryption</elem>\n<table key="validity">\n'
    yield '<elem key="notBefore">2026-11-21T05:57:05</elem>\n<elem key="notAfter">2027-11-21T05:57:05</elem>\n</table>\n'
    yield f'<elem key="md5">{rng.randbytes(16).hex()}</elem>\n<elem key="sha1">{rng.randbytes(20).hex()}</elem>\n'
    yield f'<elem key="pem">-&#45;&#45;&#45;&#45;BEGIN CERTIFICATE-&#45;&#45;&#45;&#45;&#xa;{pem}&#xa;-&#45;&#45;&#45;&#45;END CERTIFICATE-&#45;&#45;&#45;&#45;&#xa;</elem>\n</script>'


def _host_keys(rng: random.Random) -> Iterator[str]:
    keys = [
        (kind, rng.randbytes(16).hex(), base64.b64encode(_key(rng, f"ssh-{kind}")).decode())
        for kind in ("rsa", "ecdsa", "ed25519")
    ]
    yield (
        '<script id="ssh-hostkey" output="'
        + "".join(f"&#xa;  256 {mark} ({kind.upper()})" for kind, mark, _ in keys)
        + '">'
    )
    for kind, mark, key in keys:
        yield f'<table>\n<elem key="key">{key}</elem>\n<elem key="bits">256</elem>\n<elem key="fingerprint">{mark}</elem>\n'
        yield f'<elem key="type">ssh-{kind}</elem>\n</table>\n'
    yield "</script>"


def _key(rng: random.Random, kind: str) -> bytes:
    return len(kind).to_bytes(4) + kind.encode() + (64).to_bytes(4) + rng.randbytes(64)


def _system(rng: random.Random) -> Iterator[str]:
    if rng.random() > 0.4:
        return
    yield '<os><portused state="open" proto="tcp" portid="22"/>\n<portused state="closed" proto="tcp" portid="1"/>\n'
    for place, name in enumerate(rng.sample(_SYSTEMS, rng.randint(1, 4))):
        yield f'<osmatch name="{name}" accuracy="{96 - place}" line="68140">\n'
        yield f'<osclass type="general purpose" vendor="Linux" osfamily="Linux" osgen="5.X" accuracy="{96 - place}">'
        yield "<cpe>cpe:/o:linux:linux_kernel:5</cpe></osclass>\n</osmatch>\n"
    yield "</os>\n"
