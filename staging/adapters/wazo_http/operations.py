"""How does one of provd's long operations end?"""

from urllib.parse import urlsplit

from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.waiting import Patience, wait_for
from staging.core.faults import Fault, StackRefused, StackUnreachable, Where


def run_operation(
    session: EngineSession,
    path: str,
    *,
    body: object,
    what: str,
    patience: Patience,
    tenant: str | None = None,
) -> bool:
    """Start an operation, look until it ends, and clear it away; True for success, False for fail.

    provd gives no reason for a fail: it stands in the engine's `/var/log/wazo-provd.log`.
    Raises StackUnreachable `stack-operation-slow` when it has not ended in time; what: its name for people.
    """
    reply = session.send("provd", "POST", path, body=body, tenant=tenant)
    operation = below_version(reply.headers.get("location", ""))
    if not operation:
        raise reply.strange()
    late = Fault("stack-operation-slow", Where(reply.host, field=path), {"host": reply.host, "what": what})

    def look() -> str | None:
        status = state_of(str(session.send("provd", "GET", operation, tenant=tenant).object().get("status", "")))
        return status if status in ("success", "fail") else None

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


def _clear(session: EngineSession, operation: str, tenant: str | None) -> None:
    try:
        session.send("provd", "DELETE", operation, tenant=tenant)
    except (StackRefused, StackUnreachable):
        return  # it stays in provd's memory until it restarts; what it did is done
