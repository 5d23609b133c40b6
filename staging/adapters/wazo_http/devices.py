"""Which phones does the stack know, and how are they told to fetch their file?"""

from datetime import timedelta
from typing import Any

from staging.adapters.wazo_http.operations import run_operation
from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.waiting import Patience
from staging.core.faults import StackRefused, StackUnreachable

_SYNCHRONISING = Patience(within=timedelta(seconds=30), every=timedelta(milliseconds=500))


def list_devices(session: EngineSession, tenant_uuid: str) -> tuple[dict[str, Any], ...]:
    """provd's documents of a tenant's devices and of those that nobody has been given yet (`is_new`).

    Two requests, whatever the number of phones: the same list through confd costs one more per phone.
    A phone that shows up by itself stands in the master tenant until it is assigned.
    """
    own = session.send("provd", "GET", "dev_mgr/devices", tenant=tenant_uuid).list_in("devices")
    master = session.master_tenant()
    fresh = session.send("provd", "GET", "dev_mgr/devices", tenant=master).list_in("devices")
    waiting = [device for device in fresh if device.get("is_new")]
    return tuple({device.get("id"): device for device in [*own, *waiting]}.values())


def synchronise(
    session: EngineSession, device_id: str, *, tenant: str | None = None, patience: Patience = _SYNCHRONISING
) -> bool:
    """Tell a phone to fetch its file; True when Asterisk sent it the message, False when it could not.

    confd's own `synchronize` answers 204 whatever happens, so provd is asked directly.
    True does not say that the phone obeyed: its `remote_state_sip_username` changes when it fetched the file.
    """
    return run_operation(
        session, "dev_mgr/synchronize", body={"id": device_id}, tenant=tenant, what=device_id, patience=patience
    )


def registered_lines(session: EngineSession, tenant_uuid: str) -> dict[int, bool] | None:
    """Line id to "is a phone registered on it"; None where calld is not offered or does not answer.

    It is shown to people, never required: not every stack lets us reach calld.
    """
    if session.address.url_of("calld") is None:
        return None
    try:
        lines = session.send("calld", "GET", "lines", tenant=tenant_uuid).list_in("items")
    except (StackUnreachable, StackRefused):
        return None
    return {line["id"]: bool(line.get("registered")) for line in lines if isinstance(line.get("id"), int)}
