"""Routes that are limited more than the rest: what one request to them costs, or what a guess might win."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """Of all callers of one route together; `route` is API Gateway's key."""

    route: str
    per_second: int
    burst: int


_PROJECT = "/v1/projects/{project}"
_NETWORK = f"{_PROJECT}/networks/{{network}}"
ROUTE_THROTTLES = (
    # Asked by anybody, and large.
    Throttle(route="GET /docs", per_second=5, burst=10),
    Throttle(route="GET /openapi.json", per_second=5, burst=10),
    # A guess at a code might win a seat.
    Throttle(route="POST /v1/invitations/accept", per_second=2, burst=5),
    # One request makes much work, or packets, or leaves the account.
    Throttle(route="POST /v1/projects", per_second=5, burst=10),
    Throttle(route=f"POST {_PROJECT}/scans", per_second=10, burst=20),
    Throttle(route=f"GET {_PROJECT}/scans/{{scan}}/diff", per_second=10, burst=20),
    Throttle(route=f"POST {_PROJECT}/exports", per_second=2, burst=10),
    Throttle(route=f"POST {_PROJECT}/alerts/bulk", per_second=5, burst=10),
    Throttle(route=f"POST {_PROJECT}/alerts/reconcile", per_second=2, burst=5),
    Throttle(route=f"GET {_PROJECT}/rules/effect", per_second=5, burst=10),
    Throttle(route=f"GET {_NETWORK}/rules/effect", per_second=5, burst=10),
    Throttle(route=f"POST {_NETWORK}/rules/back-test", per_second=2, burst=5),
    Throttle(route=f"POST {_PROJECT}/channels/{{channel}}/test", per_second=2, burst=5),
    Throttle(route=f"POST {_PROJECT}/tokens", per_second=5, burst=10),
    Throttle(route=f"POST {_PROJECT}/tickets", per_second=20, burst=40),
)
