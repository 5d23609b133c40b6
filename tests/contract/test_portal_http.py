"""Is a stack found or made on the portal, once, with its customer, location and link?"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from staging.adapters.portal_http import (
    InstanceAddress,
    PortalAddress,
    PortalSession,
    ensure_customer,
    ensure_instance,
    ensure_link,
    ensure_location,
    find_customer,
    find_instance,
    get_instance,
    read_engine_through_portal,
)
from staging.core.faults import StackRefused
from staging.core.secret import Secret
from tests.fakes.recorded import AnsweringStack, Asked

SIRET = "55203253400646"
ADDRESS = InstanceAddress(private_host="10.9.0.1", public_host="203.0.113.7")


class ShelfPortal:
    """A portal that keeps what it is given, by collection, and searches the way the published types say."""

    def __init__(self) -> None:
        self.shelves: dict[str, list[dict[str, Any]]] = {"instances": [], "customers": [], "locations": []}
        self.stack = AnsweringStack(self._answer)
        address = PortalAddress("https://portal.example")
        self.session = PortalSession(address, username="staging", password=Secret("cle"), transport=self.stack)

    def _answer(self, asked: Asked) -> Any:
        path = asked.path.split("/", 4)[4]
        if path == "token":
            return None
        shelf, _, rest = path.partition("/")
        uuid, _, part = rest.partition("/")
        if asked.method == "POST":
            return 201, self._keep(shelf, asked.body)
        if not uuid:
            return 200, self._search(shelf, parse_qs(urlsplit(asked.url).query))
        item = next((item for item in self.shelves[shelf] if item["uuid"] == uuid), None)
        if item is None:
            return 404, {"message": "No such thing", "error_id": "unknown", "details": {}}
        if asked.method == "PUT":
            item.update(asked.body)
            return 200, item
        return 200, {"configured": True, "uuid": "engine-uuid", "wazo_version": "26.08"} if part == "wazo" else item

    def _keep(self, shelf: str, body: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in body.items() if key not in ("password", "username")}
        item = {**kept, "uuid": f"{shelf}-{len(self.shelves[shelf]) + 1}", "root_credential_uuid": "root-credential"}
        self.shelves[shelf].append(item)
        return item

    def _search(self, shelf: str, query: dict[str, list[str]]) -> dict[str, Any]:
        found = self.shelves[shelf]
        for key, (value,) in query.items():
            if key == "search":
                found = [item for item in found if value.lower() in item["name"].lower()]
            elif key in ("client_id", "customer_uuid", "name"):
                found = [item for item in found if item.get(key) == value]
        start, size = int(query["offset"][0]), int(query["limit"][0])
        return {"total": len(found), "items": found[start : start + size]}


class HeedlessPortal(ShelfPortal):
    """A portal that does not know our filters, and says nothing of it."""

    def _search(self, shelf: str, query: dict[str, list[str]]) -> dict[str, Any]:
        return {"items": self.shelves[shelf]}


def test_a_whole_registration_is_made_once() -> None:
    portal = ShelfPortal()
    first, second = register(portal), register(portal)
    assert first == second
    assert [len(shelf) for shelf in portal.shelves.values()] == [1, 1, 1]
    assert [write.method for write in portal.stack.writes()] == ["POST", "POST", "POST", "PUT"]
    assert portal.shelves["locations"][0]["wazo_tenants"] == [
        {"uuid": "tenant-1", "instance_uuid": "instances-1", "credential_uuid": "root-credential"}
    ]
    assert portal.shelves["customers"][0]["client_id"] == SIRET


def test_an_instance_is_found_by_its_exact_name_only() -> None:
    portal = ShelfPortal()
    for name in ("Atelier Bleu Nuit", "atelier bleu"):
        ensure_instance(portal.session, name=name, password=Secret("x"), address=ADDRESS)
    assert find_instance(portal.session, "Atelier Bleu") is None


def test_an_instance_beyond_the_first_page_is_found() -> None:
    portal = ShelfPortal()
    portal.shelves["instances"] = [{"uuid": f"i{n}", "name": f"Atelier {n:03}"} for n in range(250)]
    portal.shelves["instances"].append({"uuid": "last", "name": "Atelier"})
    found = find_instance(portal.session, "Atelier")
    assert found is not None
    assert found["uuid"] == "last"


def test_a_portal_that_sends_the_same_page_for_ever_is_asked_twice() -> None:
    portal = HeedlessPortal()
    portal.shelves["instances"] = [{"uuid": f"i{n}", "name": f"Atelier {n:03}"} for n in range(100)]
    found = find_instance(portal.session, "Atelier 042")
    assert found is not None
    assert found["uuid"] == "i42"
    assert len([asked for asked in portal.stack.asked if "instances" in asked.path]) == 2


def test_two_instances_of_one_name_are_not_guessed_between() -> None:
    portal = ShelfPortal()
    portal.shelves["instances"] = [{"uuid": n, "name": "Atelier Bleu"} for n in "ab"]
    with pytest.raises(StackRefused) as caught:
        find_instance(portal.session, "Atelier Bleu")
    assert caught.value.faults[0].code == "portal-instance-ambiguous"


def test_an_address_change_rewrites_the_instance_and_keeps_its_uuid() -> None:
    portal = ShelfPortal()
    before = ensure_instance(portal.session, name="Atelier Bleu", password=Secret("x"), address=ADDRESS)
    moved = InstanceAddress(private_host="192.168.1.10", public_host="203.0.113.7")
    after = ensure_instance(portal.session, name="Atelier Bleu", password=Secret("x"), address=moved, uuid=before.uuid)
    assert (after.uuid, after.changed) == (before.uuid, True)
    assert get_instance(portal.session, before.uuid)["private_host"] == "192.168.1.10"


def test_the_portal_proves_that_it_reaches_the_engine() -> None:
    portal = ShelfPortal()
    instance = ensure_instance(portal.session, name="Atelier Bleu", password=Secret("x"), address=ADDRESS)
    seen = read_engine_through_portal(portal.session, instance.uuid)
    assert (seen.configured, seen.version) == (True, "26.08")


def test_a_customer_is_known_by_siret_whatever_the_name() -> None:
    portal = ShelfPortal()
    first = ensure_customer(portal.session, name="Atelier Bleu", siret=SIRET)
    again = ensure_customer(portal.session, name="SARL Atelier Bleu", siret=SIRET)
    assert (first.uuid, again.changed) == (again.uuid, False)
    assert find_customer(portal.session, "00000000000000") is None


def test_a_filter_that_the_portal_ignores_does_not_give_us_another_customer() -> None:
    portal = HeedlessPortal()
    portal.shelves["customers"] = [{"uuid": "other", "name": "Autre", "client_id": "11111111111111"}]
    assert find_customer(portal.session, SIRET) is None


def test_a_link_keeps_the_other_tenants_of_the_location() -> None:
    portal = ShelfPortal()
    location = ensure_location(portal.session, customer_uuid="c", name="Siège", address={"city": "Nice"})
    other = {"uuid": "tenant-0", "instance_uuid": "i0", "credential_uuid": "k0"}
    portal.shelves["locations"][0]["wazo_tenants"] = [{**other, "instance": {"name": "older"}}]
    ensure_link(
        portal.session, location_uuid=location.uuid, instance_uuid="i1", tenant_uuid="tenant-1", credential_uuid="k1"
    )
    assert portal.stack.writes()[-1].body == {
        "wazo_tenants": [other, {"uuid": "tenant-1", "instance_uuid": "i1", "credential_uuid": "k1"}]
    }


def register(portal: ShelfPortal) -> tuple[str, str, str]:
    session = portal.session
    instance = ensure_instance(session, name="Atelier Bleu", password=Secret("x"), address=ADDRESS)
    customer = ensure_customer(session, name="Atelier Bleu", siret=SIRET)
    location = ensure_location(session, customer_uuid=customer.uuid, name="Siège")
    ensure_link(session, location_uuid=location.uuid, instance_uuid=instance.uuid, tenant_uuid="tenant-1")
    return instance.uuid, customer.uuid, location.uuid
