"""The integrator's portal: its accounts and the stacks registered on it; customers are in `customers.py`.

No recording covers it: paths and members follow the published clients, the rest is the simplest that fits them.
"""

from uuid import uuid4

from flask import Response, jsonify

from staging.sandbox.auth import answer_log_in
from staging.sandbox.portal_answers import DONE, find, now, page, portal_blueprint, read
from staging.sandbox.recorded import unrecorded
from staging.sandbox.tables import Row
from staging.sandbox.world import world

_SECRET = ("password", "username")
_INSTANCE = ("name", "config", "private_host", "private_port")


portal = portal_blueprint("portal")


@portal.post("/auth/0.1/token")
@unrecorded
def log_in() -> Response:
    return answer_log_in(world().portal.accounts)


@portal.delete("/auth/0.1/token/<token>")
@unrecorded
def revoke(token: str) -> Response:
    world().portal.accounts.tokens.pop(token, None)
    return jsonify({"data": {"message": "success"}})


@portal.get("/deployd/0.1/instances")
@unrecorded
def list_instances() -> Response:
    return page(world().portal.instances.values(), ("name", "uuid"), _instance)


@portal.post("/deployd/0.1/instances")
@unrecorded
def create_instance() -> tuple[Response, int]:
    return jsonify(keep_instance(str(uuid4()), read(*_INSTANCE, "password"))), 201


@portal.get("/deployd/0.1/instances/<uuid>")
@unrecorded
def read_instance(uuid: str) -> Response:
    return jsonify(_instance(find(world().portal.instances, uuid, "instance")))


@portal.put("/deployd/0.1/instances/<uuid>")
@unrecorded
def change_instance(uuid: str) -> Response:
    find(world().portal.instances, uuid, "instance")
    return jsonify(keep_instance(uuid, read(*_INSTANCE)))


@portal.delete("/deployd/0.1/instances/<uuid>")
@unrecorded
def delete_instance(uuid: str) -> tuple[str, int]:
    find(world().portal.instances, uuid, "instance")
    del world().portal.instances[uuid]
    return DONE


@portal.get("/deployd/0.1/instances/<uuid>/wazo")
@unrecorded
def look_at_engine(uuid: str) -> Response:
    """What the portal sees of the engine itself; ours is the only one it can reach."""
    find(world().portal.instances, uuid, "instance")
    found = {"configured": world().configured, "uuid": world().accounts.instance, "wazo_version": "26.08"}
    return jsonify(found)


@portal.post("/deployd/0.1/instances/<uuid>/credentials")
@unrecorded
def create_credential(uuid: str) -> tuple[Response, int]:
    find(world().portal.instances, uuid, "instance")
    row = {"uuid": str(uuid4()), "instance_uuid": uuid, "username": read("username", "password")["username"]}
    world().portal.credentials[row["uuid"]] = row
    return jsonify(row), 201


@portal.get("/deployd/0.1/instances/<uuid>/credentials/<credential>")
@unrecorded
def read_credential(uuid: str, credential: str) -> Response:
    find(world().portal.instances, uuid, "instance")
    return jsonify(find(world().portal.credentials, credential, "credential"))


@portal.delete("/deployd/0.1/instances/<uuid>/credentials/<credential>")
@unrecorded
def delete_credential(uuid: str, credential: str) -> tuple[str, int]:
    find(world().portal.instances, uuid, "instance")
    find(world().portal.credentials, credential, "credential")
    del world().portal.credentials[credential]
    return DONE


def keep_instance(uuid: str, fields: Row) -> Row:
    """Register a stack, or write a registered one anew; returns it as the portal shows it."""
    here = world().portal
    old = here.instances.get(uuid, {})
    credential = old.get("root_credential_uuid") or str(uuid4())
    row = {
        "public_host": None,
        "public_port": 443,
        "preferred_connection": "public",
        "service_id": 1,
        "installed": False,
        "provider_uuid": None,
        "node_id": None,
        "created_at": now(),
        **old,
        **fields,
        "uuid": uuid,
        "tenant_uuid": here.accounts.master,
        "state": "installed",
        "state_details": None,
        "root_credential_uuid": credential,
    }
    here.instances[uuid] = row
    here.credentials[credential] = {"uuid": credential, "instance_uuid": uuid, "username": row.get("username", "root")}
    return _instance(row)


def _instance(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _SECRET}
