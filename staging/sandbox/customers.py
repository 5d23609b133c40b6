"""The portal's customers: who they are, where, and which tenant of which stack is theirs."""

from uuid import uuid4

from flask import Response, jsonify

from staging.sandbox.portal_answers import DONE, find, now, page, portal_blueprint, read
from staging.sandbox.recorded import unrecorded
from staging.sandbox.tables import Row
from staging.sandbox.world import world

customers = portal_blueprint("portal_customers")


@customers.get("/confd/1.0/customers")
@unrecorded
def list_customers() -> Response:
    return page(world().portal.customers.values(), ("client_id", "name", "uuid"), _customer)


@customers.post("/confd/1.0/customers")
@unrecorded
def create_customer() -> tuple[Response, int]:
    body = read("name")
    uuid = body.get("uuid") or str(uuid4())
    row = {"uuid": uuid, "name": body["name"], "created_at": now(), "reseller": None}
    row |= {name: body.get(name) for name in ("client_id", "phone", "address")}
    world().portal.customers[uuid] = row
    return jsonify(_customer(row)), 201


@customers.get("/confd/1.0/customers/<uuid>")
@unrecorded
def read_customer(uuid: str) -> Response:
    return jsonify(_customer(find(world().portal.customers, uuid, "customer")))


@customers.put("/confd/1.0/customers/<uuid>")
@unrecorded
def change_customer(uuid: str) -> tuple[str, int]:
    row, body = find(world().portal.customers, uuid, "customer"), read()
    row |= {name: body[name] for name in ("name", "client_id", "phone", "address") if name in body}
    return DONE


@customers.delete("/confd/1.0/customers/<uuid>")
@unrecorded
def delete_customer(uuid: str) -> tuple[str, int]:
    find(world().portal.customers, uuid, "customer")
    del world().portal.customers[uuid]
    return DONE


@customers.get("/confd/1.0/locations")
@unrecorded
def list_locations() -> Response:
    return page(world().portal.locations.values(), ("customer_uuid", "name", "uuid"), dict)


@customers.post("/confd/1.0/locations")
@unrecorded
def create_location() -> tuple[Response, int]:
    body = read("name", "customer_uuid")
    find(world().portal.customers, body["customer_uuid"], "customer")
    row = {"uuid": str(uuid4()), "created_at": now(), "wazo_tenants": body.get("wazo_tenants", [])}
    row |= {name: body.get(name) for name in ("name", "customer_uuid", "phone", "address")}
    world().portal.locations[row["uuid"]] = row
    return jsonify(row), 201


@customers.get("/confd/1.0/locations/<uuid>")
@unrecorded
def read_location(uuid: str) -> Response:
    return jsonify(find(world().portal.locations, uuid, "location"))


@customers.put("/confd/1.0/locations/<uuid>")
@unrecorded
def change_location(uuid: str) -> tuple[str, int]:
    row, body = find(world().portal.locations, uuid, "location"), read()
    row |= {name: body[name] for name in ("name", "phone", "address") if name in body}
    return DONE


@customers.delete("/confd/1.0/locations/<uuid>")
@unrecorded
def delete_location(uuid: str) -> tuple[str, int]:
    find(world().portal.locations, uuid, "location")
    del world().portal.locations[uuid]
    return DONE


@customers.put("/confd/1.0/locations/<uuid>/wazo/tenants")
@unrecorded
def link_tenants(uuid: str) -> tuple[str, int]:
    """Say which tenant of which stack this location is."""
    row, given = find(world().portal.locations, uuid, "location"), read("wazo_tenants")["wazo_tenants"]
    for tenant in given:
        find(world().portal.instances, tenant.get("instance_uuid"), "instance")
    row["wazo_tenants"] = [{n: tenant.get(n) for n in ("uuid", "instance_uuid", "credential_uuid")} for tenant in given]
    return DONE


@customers.get("/confd/1.0/instances")
@unrecorded
def list_synchronised() -> Response:
    rows = [
        {"uuid": row["uuid"], "version": "26.08", "synchronization_at": None, "tenant_uuid": row["tenant_uuid"]}
        for row in world().portal.instances.values()
    ]
    return jsonify({"total": len(rows), "filtered": len(rows), "items": rows})


@customers.get("/accessd/1.0/customers/<uuid>/subscriptions/default")
@unrecorded
def read_subscription(uuid: str) -> Response:
    find(world().portal.customers, uuid, "customer")
    return jsonify(world().portal.subscriptions.get(uuid, {"term": 1, "nfr": False, "status": "inactive"}))


@customers.put("/accessd/1.0/customers/<uuid>/subscriptions/default")
@unrecorded
def change_subscription(uuid: str) -> tuple[str, int]:
    find(world().portal.customers, uuid, "customer")
    body = read()
    world().portal.subscriptions[uuid] = {
        "term": body.get("term", 1),
        "nfr": body.get("nfr", False),
        "status": "active",
    }
    return DONE


def _customer(row: Row) -> Row:
    own = [place for place in world().portal.locations.values() if place["customer_uuid"] == row["uuid"]]
    return {**row, "locations": own}
