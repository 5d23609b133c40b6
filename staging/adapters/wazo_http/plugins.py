"""Which phone plugins does provd have, and which must it still get?"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from staging.adapters.wazo_http.operations import run_operation
from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.waiting import Patience
from staging.core.faults import Fault, StackRefused, Where

_DOWNLOAD = Patience(within=timedelta(minutes=5), every=timedelta(seconds=1))
# Firmware packages weigh 10 to 230 MB and come over the customer's or the bench's own line.
_FIRMWARE = Patience(within=timedelta(minutes=30), every=timedelta(seconds=5))


def installed_plugins(session: EngineSession) -> dict[str, Any]:
    """Plugin id to its description, for those that provd has."""
    return session.send("provd", "GET", "pg_mgr/install/installed").object_in("pkgs")


def installable_plugins(session: EngineSession) -> dict[str, Any]:
    """Plugin id to its description, for those that its repository offers; empty before the first update."""
    return session.send("provd", "GET", "pg_mgr/install/installable").object_in("pkgs")


def ensure_plugins(session: EngineSession, wanted: Sequence[str], *, patience: Patience = _DOWNLOAD) -> list[str]:
    """Plugins (`wazo-yealink-v86`) that provd must have before a phone is plugged in.

    The catalogue is fetched first, once, and only when something is missing.
    Raises StackRefused `stack-plugin-unknown` for one that the repository does not offer,
    `stack-operation-failed` when provd could not fetch it (no Internet is the usual reason).
    """
    missing = [name for name in wanted if name not in installed_plugins(session)]
    if not missing:
        return []
    _run(session, "pg_mgr/install/update", {}, "catalogue", patience)
    offered = installable_plugins(session)
    unknown = [name for name in missing if name not in offered]
    if unknown:
        at = Where(session.host, field="plugins")
        raise StackRefused(*(Fault("stack-plugin-unknown", at, {"plugin": name}) for name in unknown))
    for name in missing:
        _install(session, "pg_mgr/install/install", name, patience)
    return [f"plugin.{name}" for name in missing]


def ensure_firmware(
    session: EngineSession, plugin: str, packages: Sequence[str], *, patience: Patience = _FIRMWARE
) -> list[str]:
    """Firmware packages of a plugin; they need the Internet and minutes each. Errors as for plugins."""
    base = f"pg_mgr/plugins/{plugin}/install"
    installed = session.send("provd", "GET", f"{base}/installed").object_in("pkgs")
    missing = [name for name in packages if name not in installed]
    for name in missing:
        _install(session, f"{base}/install", name, patience)
    return [f"firmware.{plugin}.{name}" for name in missing]


def _install(session: EngineSession, path: str, name: str, patience: Patience) -> None:
    try:
        _run(session, path, {"id": name}, name, patience)
    except StackRefused as error:
        # A 400 also says "already installed": somebody, or an earlier try of ours, was quicker.
        installed = session.send("provd", "GET", path.removesuffix("install") + "installed").object_in("pkgs")
        if error.faults[0].code != "stack-operation-failed" and name in installed:
            return
        raise


def _run(session: EngineSession, path: str, body: object, what: str, patience: Patience) -> None:
    if not run_operation(session, path, body=body, what=what, patience=patience):
        facts = {"host": session.host, "what": what}
        raise StackRefused(Fault("stack-operation-failed", Where(session.host, field=path), facts))
