"""How does one of provd's long operations end?"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.waiting import Patience, wait_for
from staging.core.faults import Fault, StackRefused, StackUnreachable, Where

_COUNT = re.compile(r"progress;(\d+)/(\d+)")


def run_operation(
    session: EngineSession,
    path: str,
    *,
    body: object,
    what: str,
    patience: Patience,
    tenant: str | None = None,
    told: Callable[[int, int], None] | None = None,
) -> bool:
    """Start an operation, look until it ends, and clear it away; True for success, False for fail.

    told: called at each look with how far it is, as far as the operation says so.

    provd gives no reason for a fail: it stands in the engine's `/var/log/wazo-provd.log`.
    Raises StackUnreachable `stack-operation-slow` when it has not ended in time; what: its name for people.
    """
    reply = session.send("provd", "POST", path, body=body, tenant=tenant)
    operation = below_version(reply.headers.get("location", ""))
    if not operation:
        raise reply.strange()
    late = Fault("stack-operation-slow", Where(reply.host, field=path), {"host": reply.host, "what": what})

    def look() -> str | None:
        said = str(session.send("provd", "GET", operation, tenant=tenant).object().get("status", ""))
        if told and (far := progress_of(said)):
            told(*far)
        return status if (status := state_of(said)) in ("success", "fail") else None

    ended = wait_for(look, patience=patience, otherwise=late)
    _clear(session, operation, tenant)
    return ended == "success"


def below_version(location: str) -> str:
    """The part of a Location below the version: `/0.2/pg_mgr/install/install/7` gives `pg_mgr/…/7`.

    provd writes its inner path, which does not exist in front of nginx; a whole URL is understood too.
    """
    parts = urlsplit(location).path.strip("/").split("/")
    starts = [i for i, part in enumerate(parts) if part in ("dev_mgr", "pg_mgr", "cfg_mgr")]
    return "/".join(parts[starts[0] :]) if starts else ""


def state_of(status: str) -> str:
    """The state in an operation's status line: `waiting`, `progress`, `success` or `fail`.

    The grammar is `[label|]state[;current[/end]](sub…)*`, sub-operations in brackets with the same form.
    """
    own = status.split("(", 1)[0]
    return own.rpartition("|")[2].partition(";")[0].strip()


def progress_of(status: str) -> tuple[int, int] | None:
    """How much of how much is done, of the innermost operation that counts: the download inside an installation.

    None where nothing counts, or nobody knows the end.
    """
    counts = [(int(current), int(end)) for current, end in _COUNT.findall(status)]
    return counts[-1] if counts else None


def _clear(session: EngineSession, operation: str, tenant: str | None) -> None:
    try:
        session.send("provd", "DELETE", operation, tenant=tenant)
    except (StackRefused, StackUnreachable):
        return  # it stays in provd's memory until it restarts; what it did is done
