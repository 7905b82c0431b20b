"""Every key and index template. Family first, tenant next, so that `dynamodb:LeadingKeys` limits a role to families.

`table` (stream; system of record):

| family | pk                                  | sk                             | gsi1pk / gsi1sk                              | read by |
|--------|-------------------------------------|--------------------------------|----------------------------------------------|---------|
| PRJ    | PRJ                                 | {project}                      |                                              | get, list projects |
| TOK    | TOK#{token}                         | TOK                            | TOK#{project or ORG} / {token}               | authorise; list tokens of a project |
| MEM    | MEM#{project or ORG}                | {user}                         | MEM#{user} / {project}                       | authorise; list members; the projects of a user |
| INV    | INV#{project or ORG}                | {invitation}                   |                                              | accept, list invitations (TTL `expires`) |
| USE    | USE#{token}                         | USE                            |                                              | when a token was last used |
| NET    | NET#{project}                       | {network}                      |                                              | get, list networks |
| AUT    | AUT#{project}                       | {authority}                    |                                              | what may be scanned: each scan reads all of a project; get, list |
| XCL    | XCL                                 | {exclusion}                    |                                              | what nobody may scan: each scan reads all; list |
| LIV    | LIV#{project}                       | {network}                      |                                              | the live scan of a network, at most one |
| TCK    | TCK#{project}#{network}             | {scheduled time}               |                                              | what each tick did |
| SCN    | SCN#{project}                       | {scan}                         | SCN#{project}#{network} / {scan}             | get, list, list of a network |
| SCNS   | (index only, gsi2)                  |                                | SCNS#{status} / {scan}  (live scans only)    | sweeper |
| HLT    | HLT#{project or ORG}                | HALT                           |                                              | the kill switch: workers, the gate, whoever starts a scan |
| BUD    | BUD#{project}                       | {scan}#{chunk}, TOTAL          |                                              | what running chunks may send; the version of them all (TTL `expires`) |
| BUD    | BUD#{project}#SPENT                 | SCAN#{scan}, MONTH#{month}     |                                              | what tasks that are gone have cost |
| CHK    | CHK#{project}#{scan}                | {chunk}, REQUEST, SCOPE{by} or METER |                                              | the ledger: claim, heartbeat, list; the stop request; exclusions made since the plan; what its steps used |
| EXP    | EXP#{project}#{network}#{bucket}    | {asset key}#{proto}#{port:05}  |                                              | judge a chunk, list, filter |
| HST    | HST#{project}#{network}#{bucket}    | {asset key}                    |                                              | list, read |
| HIS    | HIS#{project}#{network}#{bucket}    | {EXP's or HST's sk}#{version:08} | HIS#{project}#{network}#{asset key} / {time}#{sk} | the timeline of an exposure; of a host with all its exposures |
| COV    | COV#{project}#{network}#{bucket}    | {block}#{proto}                |                                              | was a cell covered before, when, by which scan |
| ALR    | ALR#{project}                       | {alert}                        | ALR#{project}#{status} / {group}#{alert}     | get, list, list by status, list of a group |
| ALX    | (index only, gsi2)                  |                                | ALX#{project}#{network} / {asset key}#{proto}#{port}#{type}#{alert} | alerts whose cause stands, by address |
| ALT    | ALT#{project}#{alert}               | T#{version:08}#{entry}, C#{comment} |                                              | trail and comments of an alert |
| ALG    | ALG#{project}                       | {group}                        |                                              | list groups: how many alerts of which status and severity |
| WAI    | WAI#{project}#{scan}                | {asset key}#{proto}#{port:05}  |                                              | cells of a scan whose alerts wait for its confirmation (TTL `expires`) |
| WCH    | WCH#{project}                       | {network}#{type}               |                                              | what is wrong with a whole network, since when, how often |
| DUE    | DUE                                 | {time}#{kind}#{project}#{..}   |                                              | review: ends of exceptions whose time has come |
| XPT    | XPT#{project}                       | {export}                       |                                              | get, list exports (TTL `expires`) |
| CNT    | CNT#{project}#{network or ALL}      | DAY#{date}, TOTAL              |                                              | counts now, and what each day changed |
| CNT    | CNT#{project}#{network or ALL}      | MARK#{pk of a stream's record} |                                              | which records of that pk are counted |
| RUL    | RUL#{project}                       | {scope}#CURRENT                |                                              | which version of a rule set counts, which is staged |
| RUL    | RUL#{project}                       | {scope}#{version:08}           |                                              | list the versions |
| RUL    | RUL#{project}                       | BODY#{scope}#{version:08}      |                                              | the rules of a version |
| CHN    | CHN#{project}                       | {channel}                      |                                              | get, list channels |
| CHS    | CHS#{project}                       | {channel}                      |                                              | the secrets of a webhook, for delivery alone |
| DLV    | DLV#{project}#{channel}             | {alert or notice}              | (gsi2) DUE#delivery / {due}#{channel}#{alert} | what is to be sent: due, list of a channel |
| IDM    | IDM#{project or ORG}                | {sha256 of route + key}        |                                              | repeat of a POST (TTL `expires`) |
| SRC    | SRC#{asset key}                     | {time}#{project}#{scan}#{chunk}#{attempt} |                                   | which attempts sent from an address of ours (TTL `expires`) |
| AUD    | AUD#{hour}                          | {entry}                        | AUD#{project or ORG} / {entry}               | audit log: seal and verify an hour; list of a project |

`live_table` (own stream; TTL `expires`, seconds since the epoch):

| family | pk                          | sk             | read by |
|--------|-----------------------------|----------------|---------|
| CON    | CON#{connection}            | META           | who is at the other end |
| CON    | CON#{connection}            | SUB#{topic}    | disconnect: what to unsubscribe |
| SUB    | SUB#{project}#{topic}       | {connection}   | broadcast: who listens |
| PRN    | PRN#{principal}             | {connection}   | broadcast: which connections somebody has open |
| SHUT   | SHUT#{principal}            | {order}        | broadcast, from the stream: whose connections are to be closed |
| EVT    | EVT#{project}#{topic}       | {event id}     | replay since; log of a scan |
| RAT    | RAT#{principal}             | {minute}       | authorise: how many requests in this minute |
| TKT    | TKT#{sha256 of the ticket}  | TKT            | connect: taken once |

The bucket spreads a large estate: a hash of the asset's /24, /64 or name, mod 16. An asset key sorts as its address does:
`4:` + 8 hex digits, `6:` + 32 hex digits, or `h:` + hostname. A block is the asset key of the first address of a /24 or
/64, or of the hostname.
"""

import hashlib
import ipaddress
from datetime import UTC, datetime

from functions.core.model import Protocol

BUCKETS = 16
ORGANISATION = "ORG"
"""In the place of a project, for what belongs to none."""
PK, SK = "pk", "sk"
GSI1, GSI1_PK, GSI1_SK = "gsi1", "gsi1pk", "gsi1sk"
GSI2, GSI2_PK, GSI2_SK = "gsi2", "gsi2pk", "gsi2sk"
INDEX_ATTRIBUTES = frozenset({PK, SK, GSI1_PK, GSI1_SK, GSI2_PK, GSI2_SK})
EXPIRES = "expires"
"""The TTL attribute: whole seconds since the epoch. A token's `expires` is text, which TTL does not look at."""


def asset_key(asset: str) -> str:
    """Sortable form of an address or hostname."""
    try:
        address = ipaddress.ip_address(asset)
    except ValueError:
        return f"h:{asset.lower()}"
    return f"{address.version}:{int(address):0{address.max_prefixlen // 4}x}"


def asset_of(key: str) -> str:
    """The inverse of asset_key."""
    kind, _, text = key.partition(":")
    match kind:
        case "4":
            return str(ipaddress.IPv4Address(int(text, 16)))
        case "6":
            return str(ipaddress.IPv6Address(int(text, 16)))
        case _:
            return text


def block_of(asset: str) -> str:
    """The coverage block of an asset: its /24, its /64, or its own name."""
    key = asset_key(asset)
    match key[0]:
        case "4":
            return key[:8] + "00"
        case "6":
            return key[:18] + "0" * 16
        case _:
            return key


def bucket_of(asset: str) -> int:
    return hashlib.sha256(block_of(asset).encode()).digest()[0] % BUCKETS


def project() -> str:
    return "PRJ"


def token(identifier: str) -> str:
    return f"TOK#{identifier}"


def token_use(identifier: str) -> str:
    return f"USE#{identifier}"


def tokens(project: str) -> str:
    return f"TOK#{project or 'ORG'}"


def members(project: str) -> str:
    return f"MEM#{project}"


def projects_of(user: str) -> str:
    return f"MEM#{user}"


def invitations(project: str) -> str:
    return f"INV#{project}"


def networks(project: str) -> str:
    return f"NET#{project}"


def authorities(project: str) -> str:
    return f"AUT#{project}"


def exclusions() -> str:
    return "XCL"


def live_scan(project: str) -> str:
    return f"LIV#{project}"


def ticks(project: str, network: str) -> str:
    return f"TCK#{project}#{network}"


def scans(project: str) -> str:
    return f"SCN#{project}"


def scans_of_network(project: str, network: str) -> str:
    return f"SCN#{project}#{network}"


def scans_by_status(status: str) -> str:
    return f"SCNS#{status}"


def chunks(project: str, scan: str) -> str:
    return f"CHK#{project}#{scan}"


STOP_REQUEST = "REQUEST"
EXCLUSIONS = {
    "network": "SCOPE",
    "organisation": "SCOPE#organisation",
    "inventory": "SCOPE#inventory",
    "run": "SCOPE#run",
}
"""Exclusions made since a scan was planned: by whom while it is live, and what a later run found when it began."""
LAST_CHUNK = "999999999"
"""Chunks are numbered: every one sorts before the stop request."""
METER = "METER"
"""Sorts behind every chunk's number: what the steps and workers of the scan have used."""


HALT = "HALT"


def halt(scope: str) -> str:
    """`scope`: a project, or `ORG`."""
    return f"HLT#{scope}"


BUDGET_TOTAL = "TOTAL"


def budget(project: str) -> str:
    return f"BUD#{project}"


def spent(project: str) -> str:
    """Apart from what runs, which is read whole at each gate."""
    return f"BUD#{project}#SPENT"


def spent_by_scan(scan: str) -> str:
    return f"SCAN#{scan}"


def spent_in_month(month: str) -> str:
    return f"MONTH#{month}"


def allotment(scan: str, chunk: str = "") -> str:
    """Without a chunk: what those of a scan begin with."""
    return f"{scan}#{chunk}"


def exposures(project: str, network: str, bucket: int) -> str:
    return f"EXP#{project}#{network}#{bucket:02}"


def exposure(asset: str, protocol: Protocol, port: int) -> str:
    return f"{asset_key(asset)}#{protocol}#{port:05}"


def hosts(project: str, network: str, bucket: int) -> str:
    return f"HST#{project}#{network}#{bucket:02}"


def history(project: str, network: str, bucket: int) -> str:
    return f"HIS#{project}#{network}#{bucket:02}"


def history_entry(subject: str, version: int) -> str:
    return f"{subject}#{version:08}"


def history_of_host(project: str, network: str, asset: str) -> str:
    return f"HIS#{project}#{network}#{asset_key(asset)}"


def coverage(project: str, network: str, bucket: int) -> str:
    return f"COV#{project}#{network}#{bucket:02}"


def coverage_block(block: str, protocol: Protocol) -> str:
    return f"{block}#{protocol}"


def alerts(project: str) -> str:
    return f"ALR#{project}"


def alerts_by_status(project: str, status: str) -> str:
    return f"ALR#{project}#{status}"


def alert_in_status(group: str, alert: str) -> str:
    return f"{group}#{alert}"


def standing_alerts(project: str, network: str) -> str:
    return f"ALX#{project}#{network}"


def alert_cell(asset: str, protocol: str = "", port: int | None = None) -> str:
    """What the sort keys of a cell's standing alerts begin with; those of a whole network have no asset."""
    place = asset_key(asset) if asset else ""
    return f"{place}#{protocol}#{'' if port is None else f'{port:05}'}#"


def alert_story(project: str, alert: str) -> str:
    return f"ALT#{project}#{alert}"


TRAIL, COMMENT = "T#", "C#"


def trail_entry(version: int, entry: str) -> str:
    return f"{TRAIL}{version:08}#{entry}"


def alert_groups(project: str) -> str:
    return f"ALG#{project}"


def rules(project: str) -> str:
    return f"RUL#{project}"


RULE_POINTER = "#CURRENT"


def rule_pointer(scope: str) -> str:
    return f"{scope}{RULE_POINTER}"


def rule_version(scope: str, version: int) -> str:
    return f"{scope}#{version:08}"


def rule_body(scope: str, version: int) -> str:
    return f"BODY#{rule_version(scope, version)}"


def waiting(project: str, scan: str) -> str:
    return f"WAI#{project}#{scan}"


def watches(project: str) -> str:
    return f"WCH#{project}"


def watch(network: str, kind: str) -> str:
    return f"{network}#{kind}"


def deadlines() -> str:
    return "DUE"


DUE_DELIVERIES = "DUE#delivery"


def channels(project: str) -> str:
    return f"CHN#{project}"


def channel_secrets(project: str) -> str:
    return f"CHS#{project}"


def outbox(project: str, channel: str) -> str:
    return f"DLV#{project}#{channel}"


def idempotency(project: str) -> str:
    return f"IDM#{project or 'ORG'}"


def audit_hour(at: datetime) -> str:
    return f"AUD#{at.astimezone(UTC):%Y-%m-%dT%H}"


def audit(project: str) -> str:
    return f"AUD#{project or ORGANISATION}"


def sources(address: str) -> str:
    return f"SRC#{asset_key(address)}"


def connection(identifier: str) -> str:
    return f"CON#{identifier}"


def subscription(topic: str) -> str:
    return f"SUB#{topic}"


def subscribers(project: str, topic: str) -> str:
    return f"SUB#{project}#{topic}"


def connections_of(principal: str) -> str:
    return f"PRN#{principal}"


def shut(principal: str) -> str:
    return f"SHUT#{principal}"


def rate(principal: str) -> str:
    return f"RAT#{principal}"


def ticket(digest: str) -> str:
    return f"TKT#{digest}"


def events(project: str, topic: str) -> str:
    return f"EVT#{project}#{topic}"


def exports(project: str) -> str:
    return f"XPT#{project}"


def counters(project: str, network: str = "") -> str:
    """Without a network: those of the project."""
    return f"CNT#{project}#{network or 'ALL'}"


COUNTER_TOTAL = "TOTAL"
COUNTER_MARKS = "MARK#"
"""Marks and the total, in this order, are one range."""


def counter_day(day: str) -> str:
    return f"DAY#{day}"


LAST_COUNTER_DAY = "DAY#~"


def counter_mark(source: str) -> str:
    return f"{COUNTER_MARKS}{source}"
