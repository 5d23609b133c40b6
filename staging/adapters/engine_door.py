"""How do the steps reach one engine? Their Protocol, filled in with the HTTP client."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import BaseAdapter

from staging.adapters.wazo_http.address import EngineAddress, Service
from staging.adapters.wazo_http.devices import list_devices, registered_lines, synchronise
from staging.adapters.wazo_http.operations import run_operation
from staging.adapters.wazo_http.plugins import (
    ensure_firmware,
    ensure_plugins,
    fetch_packages,
    installable_plugins,
    installed_plugins,
)
from staging.adapters.wazo_http.read import fetch_engine, fetch_tenant
from staging.adapters.wazo_http.restart import wait_for_provd
from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.setup import (
    PortalRegistration,
    engine_health,
    ensure_tenant,
    set_up_engine,
)
from staging.adapters.wazo_http.waiting import Patience
from staging.core.faults import StackRefused
from staging.core.secret import Secret
from staging.jobs.job import Stack
from staging.jobs.needs import PortalLogin, Sent
from staging.wazo.raw import Json, Mattering, RawEngine, RawPackages, RawTenant


def open_session(stack: Stack, password: Secret, *, transport: BaseAdapter | None = None) -> EngineSession:
    """A conversation with a stack's engine. Raises SettingsRefused when it has no usable address."""
    urls = {f"{name}_url": url for name, url in stack.urls.items()}
    address = EngineAddress.of(stack.url, **urls)
    return EngineSession(
        address,
        username=stack.username,
        password=password,
        ca_file=Path(stack.ca_file) if stack.ca_file else None,
        transport=transport,
    )


class EngineDoor:
    """One engine as the steps see it. password: of root, ours when we set the engine up ourselves.

    transport: in place of the network, for an engine in this process.
    """

    def __init__(self, stack: Stack, password: Secret, *, transport: BaseAdapter | None = None) -> None:
        self._stack = stack
        self._password = password
        self._session = open_session(stack, password, transport=transport)

    def is_set_up(self) -> bool | None:
        """What the wizard says; None while it is not ready for a set-up either."""
        health = engine_health(self._session)
        if health.configured:
            return True
        return False if health.configurable and health.auth_ok else None

    def set_up(self, *, name: str, address: str, portal: PortalLogin | None, instance_uuid: str | None) -> str | None:
        """Set up and register in one call. The portal's uuid is not in the answer: it is looked up by name."""
        set_up_engine(
            self._session,
            password=self._password,
            internal_address=address,
            portal=_registration(portal, name=name, address=address) if portal else None,
            instance_uuid=instance_uuid,
        )
        return instance_uuid

    def ensure_tenant(self, *, name: str, slug: str, uuid: str) -> None:
        """The customer's tenant under our uuid, usable."""
        ensure_tenant(self._session, name=name, slug=slug, uuid=uuid)

    def fetch_tenant(self, tenant_uuid: str, mattering: Mattering) -> RawTenant:
        """Everything of a tenant but function keys."""
        return fetch_tenant(self._session, tenant_uuid, mattering=mattering)

    def fetch_keys(self, tenant_uuid: str, users: Sequence[str]) -> Mapping[str, Json]:
        """The function keys of these users."""
        return {
            uuid: self._session.send("confd", "GET", f"users/{uuid}/funckeys", tenant=tenant_uuid).object()
            for uuid in users
        }

    def fetch_engine(self) -> RawEngine:
        """The engine's settings; its list of plugins is fetched from their server first when it is empty."""
        if not installable_plugins(self._session):
            run_operation(self._session, "pg_mgr/install/update", body={}, what="catalogue", patience=Patience())
        return fetch_engine(self._session)

    def installed_plugins(self) -> tuple[str, ...]:
        """Plugins that provd has."""
        return tuple(sorted(installed_plugins(self._session)))

    def send(self, *, service: str, method: str, path: str, body: Any, tenant_uuid: str | None) -> Sent:
        """One changing request."""
        known: dict[str, Service] = {"confd": "confd", "provd": "provd", "auth": "auth"}
        reply = self._session.send(known[service], method, path, body=body, tenant=tenant_uuid)
        made = reply.body.get("uuid") if isinstance(reply.body, dict) else None
        return Sent(reply.status, made if isinstance(made, str) else None)

    def install_plugin(self, plugin: str) -> None:
        """Install a plugin and wait for it."""
        ensure_plugins(self._session, [plugin])

    def fetch_packages(self, plugins: Sequence[str]) -> Mapping[str, RawPackages]:
        """What plugins have to install beside themselves."""
        return fetch_packages(self._session, plugins)

    def install_firmware(self, plugin: str, package: str, *, told: Callable[[int, int], None]) -> None:
        """Install a plugin's package and wait for it."""
        ensure_firmware(self._session, plugin, package, told=told)

    def wait_for_provd(self) -> None:
        """Until provd answers again."""
        wait_for_provd(self._session)

    def devices(self, tenant_uuid: str) -> Sequence[Json]:
        """What provd sees."""
        return list_devices(self._session, tenant_uuid)

    def phone_settings(self, devices: Sequence[str]) -> Mapping[str, Json]:
        """What provd writes these devices' files from, by id; one that has nothing is left out."""

        def of(device: str) -> Callable[[], Json | None]:
            def ask() -> Json | None:
                try:
                    reply = self._session.send("provd", "GET", f"cfg_mgr/configs/{device}/raw")
                except StackRefused as error:
                    if error.faults[0].code != "stack-not-found":
                        raise
                    return None
                return reply.object_in("raw_config")

            return ask

        found = self._session.ask_together({device: of(device) for device in devices})
        return {device: settings for device, settings in found.items() if settings is not None}

    def synchronise(self, device_id: str) -> bool:
        """Make a phone fetch its file."""
        return synchronise(self._session, device_id)

    def registered_lines(self, tenant_uuid: str) -> frozenset[str] | None:
        """Lines registered now, by id."""
        lines = registered_lines(self._session, tenant_uuid)
        return None if lines is None else frozenset(str(line) for line, registered in lines.items() if registered)


def _registration(login: PortalLogin, *, name: str, address: str) -> PortalRegistration:
    portal = urlsplit(login.portal.url)
    return PortalRegistration(
        host=portal.hostname or "",
        port=portal.port or (443 if portal.scheme == "https" else 80),
        service_id=login.portal.username,
        service_key=login.password,
        instance_name=name,
        engine_host=address,
        # A self-signed portal is trusted by its own file on our side; the engine has no such file.
        verify_certificate=login.portal.ca_file is None,
    )
