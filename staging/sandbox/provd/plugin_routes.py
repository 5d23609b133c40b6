"""How are plugins and firmware installed? Catalogue, packages, and operations that take a while."""

from flask import Response

from staging.sandbox.devices.models import PLUGINS
from staging.sandbox.devices.state import plugin_row
from staging.sandbox.provd.answers import (
    answer_operation,
    begin,
    body,
    done,
    forget_operation,
    nothing,
    provd_blueprint,
    say,
    show,
)
from staging.sandbox.recorded import unrecorded
from staging.sandbox.world import world

plugins = provd_blueprint("provd_plugins")

_PACKAGE_BYTES = 30_000_000


@plugins.post("/pg_mgr/install/update")
@unrecorded
def update_catalogue() -> Response:
    """Read what can be installed; nothing can before that."""
    reached = _internet()
    world().provd.catalogue_read |= reached
    return begin("pg_mgr/install/update", "success" if reached else "fail", label="update")


@plugins.get("/pg_mgr/install/installable")
@unrecorded
def list_installable() -> Response:
    return show({"pkgs": world().provd.offered()})


@plugins.get("/pg_mgr/install/installed")
@unrecorded
def list_installed() -> Response:
    return show({"pkgs": {name: plugin_row(name) for name in world().provd.installed}})


@plugins.post("/pg_mgr/install/install")
@unrecorded
def install() -> Response:
    name = body().get("id")
    if name not in world().provd.offered() or name in world().provd.installed:
        return say(400, "plugin not found or already installed")
    if not _internet():
        return begin("pg_mgr/install/install", "fail", label="install_pkg")
    world().provd.install(name)
    world().provd.reconfigure_all()
    return begin("pg_mgr/install/install", "success", label="install_pkg")


@plugins.post("/pg_mgr/install/upgrade")
@unrecorded
def upgrade() -> Response:
    if body().get("id") not in world().provd.installed:
        return say(400, "plugin not installed")
    return begin("pg_mgr/install/upgrade", "success", label="upgrade_pkg")


@plugins.post("/pg_mgr/install/uninstall")
@unrecorded
def uninstall() -> Response:
    if world().provd.installed.pop(body().get("id", ""), None) is None:
        return say(400, "plugin not installed")
    world().provd.reconfigure_all()
    return done()


@plugins.get("/pg_mgr/plugins/<plugin>/install/<which>")
@unrecorded
def list_packages(plugin: str, which: str) -> Response:
    if plugin not in world().provd.installed or which not in ("installable", "installed"):
        return nothing()
    own = world().provd.installed[plugin]
    names = PLUGINS[plugin].packages if which == "installable" else sorted(own)
    return show({"pkgs": {name: {"version": "1.0", "description": name, "dsize": _PACKAGE_BYTES} for name in names}})


@plugins.post("/pg_mgr/plugins/<plugin>/install/install")
@unrecorded
def install_package(plugin: str) -> Response:
    name = body().get("id")
    if plugin not in world().provd.installed:
        return nothing()
    if name not in PLUGINS[plugin].packages:
        return say(400, "package not found")
    base = f"pg_mgr/plugins/{plugin}/install/install"
    if not _internet():
        return begin(base, "fail", label="install_pkg", size=_PACKAGE_BYTES)
    world().provd.installed[plugin].add(name)
    return begin(base, "success", label="install_pkg", size=_PACKAGE_BYTES)


@plugins.post("/pg_mgr/plugins/<plugin>/install/uninstall")
@unrecorded
def uninstall_package(plugin: str) -> Response:
    if plugin not in world().provd.installed:
        return nothing()
    world().provd.installed[plugin].discard(body().get("id", ""))
    return done()


@plugins.get("/pg_mgr/<path:collection>/<int:number>")
@unrecorded
def read_operation(collection: str, number: int) -> Response:
    return answer_operation(f"pg_mgr/{collection}/{number}")


@plugins.delete("/pg_mgr/<path:collection>/<int:number>")
@unrecorded
def forget(collection: str, number: int) -> Response:
    return forget_operation(f"pg_mgr/{collection}/{number}")


def _internet() -> bool:
    return "no-internet" not in world().trouble.now
