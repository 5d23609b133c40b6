"""How does the register step reach the portal? Its Protocol, filled in with the HTTP client."""

from collections.abc import Callable
from pathlib import Path

from requests.adapters import BaseAdapter

from staging.adapters import portal_http
from staging.adapters.portal_http import InstanceAddress
from staging.adapters.wazo_http.address import PortalAddress
from staging.adapters.wazo_http.session import PortalSession
from staging.core.secret import Secret
from staging.jobs.job import Portal


def open_portal(portal: Portal, password: Secret, *, transport: BaseAdapter | None = None) -> PortalSession:
    """A conversation with a portal. transport: in place of the network, for a portal in this process."""
    return PortalSession(
        PortalAddress(portal.url),
        username=portal.username,
        password=password,
        ca_file=Path(portal.ca_file) if portal.ca_file else None,
        transport=transport,
    )


class PortalHttp:
    """The portal as the register and accept steps see it."""

    def __init__(
        self,
        portal: Portal,
        password: Secret,
        *,
        engine_password: Callable[[str], Secret],
        transport: BaseAdapter | None = None,
    ) -> None:
        self._session = open_portal(portal, password, transport=transport)
        self._engine_password = engine_password

    def find_instance(self, name: str) -> str | None:
        """The uuid of the stack of this name."""
        found = portal_http.find_instance(self._session, name)
        return str(found["uuid"]) if found else None

    def instance_configured(self, instance_uuid: str) -> bool:
        """Whether the portal reaches the engine and finds it set up."""
        return portal_http.read_engine_through_portal(self._session, instance_uuid).configured

    def ensure_customer(self, *, name: str, siret: str) -> str:
        """The customer by SIRET."""
        return portal_http.ensure_customer(self._session, name=name, siret=siret).uuid

    def ensure_location(self, *, name: str, customer_uuid: str) -> str:
        """The customer's location by name."""
        return portal_http.ensure_location(self._session, customer_uuid=customer_uuid, name=name).uuid

    def link(self, *, location_uuid: str, tenant_uuid: str, instance_uuid: str) -> None:
        """The location tied to the tenant."""
        portal_http.ensure_link(
            self._session, location_uuid=location_uuid, instance_uuid=instance_uuid, tenant_uuid=tenant_uuid
        )

    def move_instance(self, instance_uuid: str, *, stack: str, host: str) -> None:
        """The engine's address at the customer's, in both of the portal's address fields.

        The portal's own name for it and its port stay: a person may have changed them there. stack: ours, under
        which its password is kept.
        """
        present = portal_http.get_instance(self._session, instance_uuid)
        portal_http.ensure_instance(
            self._session,
            name=str(present["name"]),
            password=self._engine_password(stack),
            uuid=instance_uuid,
            address=InstanceAddress(private_host=host, public_host=host, port=int(present.get("public_port") or 443)),
        )
