"""Which phone plugins does provd have, and which must it still get?"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from staging.adapters.wazo_http.operations import run_operation
from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.waiting import Patience
from staging.core.faults import Fault, StackRefused, Where
from staging.wazo.raw import RawPackages

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


def fetch_packages(session: EngineSession, plugins: Sequence[str]) -> dict[str, RawPackages]:
    """What each of these installed plugins has to install beside itself, and what of it is there: two requests each."""

    def listed(plugin: str, which: str) -> Callable[[], dict[str, Any]]:
        return lambda: session.send("provd", "GET", f"{_packages(plugin)}/{which}").object_in("pkgs")

    kinds = ("installed", "installable")
    found = session.ask_together({(plugin, kind): listed(plugin, kind) for plugin in plugins for kind in kinds})
    return {plugin: RawPackages(*(found[plugin, kind] for kind in kinds)) for plugin in plugins}


def ensure_firmware(
    session: EngineSession,
    plugin: str,
    package: str,
    *,
    patience: Patience = _FIRMWARE,
    told: Callable[[int, int], None] | None = None,
) -> bool:
    """A plugin's package of firmware; it needs the Internet and minutes. True when it was not there before.

    told: see `run_operation`. Raises StackRefused `stack-firmware-failed` when provd could not fetch it.
    """
    base = _packages(plugin)
    if package in session.send("provd", "GET", f"{base}/installed").object_in("pkgs"):
        return False
    try:
        _install(session, f"{base}/install", package, patience, told)
    except StackRefused as error:
        if error.faults[0].code != "stack-operation-failed":
            raise
        facts = {"host": session.host, "package": package, "plugin": plugin}
        raise StackRefused(Fault("stack-firmware-failed", Where(session.host, field="firmware"), facts)) from error
    return True


def _packages(plugin: str) -> str:
    return f"pg_mgr/plugins/{plugin}/install"


def _install(
    session: EngineSession, path: str, name: str, patience: Patience, told: Callable[[int, int], None] | None = None
) -> None:
    try:
        _run(session, path, {"id": name}, name, patience, told)
    except StackRefused as error:
        # A 400 also says "already installed": somebody, or an earlier try of ours, was quicker.
        installed = session.send("provd", "GET", path.removesuffix("install") + "installed").object_in("pkgs")
        if error.faults[0].code != "stack-operation-failed" and name in installed:
            return
        raise


def _run(
    session: EngineSession,
    path: str,
    body: object,
    what: str,
    patience: Patience,
    told: Callable[[int, int], None] | None = None,
) -> None:
    if not run_operation(session, path, body=body, what=what, patience=patience, told=told):
        facts = {"host": session.host, "what": what}
        raise StackRefused(Fault("stack-operation-failed", Where(session.host, field=path), facts))
