"""What did Wazo answer? Its documents, sorted into live state."""

from dataclasses import replace
from typing import Any, Literal

from staging.core.words import Extension, parse_mac
from staging.wazo.live_state import (
    DeviceStatus,
    LiveAccount,
    LiveContext,
    LiveDevice,
    LiveEngine,
    LiveExtension,
    LiveGroup,
    LiveIncall,
    LiveKey,
    LiveLine,
    LivePackages,
    LivePickup,
    LiveState,
    LiveTenant,
    LiveUser,
    LiveVoicemail,
)
from staging.wazo.raw import Json, RawEngine, RawTenant
from staging.wazo.state import NumberRange

__all__ = ["LiveState", "read_device", "read_engine", "read_stack", "read_tenant"]


def read_stack(raw: RawTenant, engine: RawEngine | None = None) -> LiveState:
    """The live state of a tenant, with the engine's settings when they were read too."""
    live = read_tenant(raw)
    return live if engine is None else replace(live, engine=read_engine(engine))


def read_tenant(raw: RawTenant) -> LiveState:
    """The live state of a tenant; a tenant that does not exist yet is an empty `raw.tenant`.

    Tolerant: what is missing or null in a document reads as absent. Nothing is dropped: incalls that ring nowhere,
    users without a number, several devices of one MAC and devices configured for a line that is gone all appear.
    """
    webrtc = raw.tenant.get("webrtc_sip_template_uuid")
    lines = tuple(_line(document, webrtc) for document in raw.lines)
    voicemails = tuple(_voicemail(document) for document in raw.voicemails)
    return LiveState(
        tenant=_tenant(raw.tenant),
        contexts=tuple(_context(document) for document in raw.contexts),
        template_options=tuple((str(k), str(v)) for k, v in raw.sip_template.get("endpoint_section_options") or ()),
        users=tuple(_user(document, lines, voicemails) for document in raw.users),
        lines=lines,
        extensions=tuple(_extension(document) for document in raw.extensions),
        voicemails=voicemails,
        accounts=tuple(_account(document) for document in raw.auth_users),
        incalls=tuple(_incall(document) for document in raw.incalls),
        groups=tuple(_group(document) for document in raw.groups),
        pickups=tuple(_pickup(document) for document in raw.pickups),
        function_keys={user: _keys(document) for user, document in raw.funckeys.items()},
        devices=tuple(read_device(document) for document in raw.devices),
    )


def read_engine(raw: RawEngine) -> LiveEngine:
    """The engine's settings in the form that diff compares and actions send back."""
    phonebook = [one for one in raw.access_features if one.get("feature", "phonebook") == "phonebook"]
    return LiveEngine(
        networking=raw.networking,
        dhcp=raw.dhcp,
        registrar=raw.registrar,
        rtp=raw.rtp,
        phonebook_networks=tuple(one["host"] for one in phonebook if one.get("enabled", True)),
        phonebook_off={one["host"]: one["id"] for one in phonebook if not one.get("enabled", True)},
        default_device=raw.default_device,
        base_device=raw.base_device,
        installed=tuple(sorted(raw.plugins_installed)),
        installable=tuple(sorted(raw.plugins_installable)),
        firmware={
            plugin: LivePackages(tuple(sorted(packages.installed)), tuple(sorted(packages.installable)))
            for plugin, packages in raw.packages.items()
        },
    )


def read_device(document: Json) -> LiveDevice:
    """A device from provd's document, or from confd's, which carries its own `status`."""
    config = document.get("config")
    return LiveDevice(
        id=document["id"],
        mac=parse_mac(document.get("mac") or ""),
        model=document.get("model"),
        vendor=document.get("vendor"),
        plugin=document.get("plugin"),
        ip=document.get("ip"),
        tenant=document.get("tenant_uuid"),
        new=bool(document.get("is_new")),
        status=document.get("status") or _status(config, configured=bool(document.get("configured"))),
        fetched_username=document.get("remote_state_sip_username"),
    )


def _status(config: str | None, *, configured: bool) -> DeviceStatus:
    # The rule of wazo-confd's device model (`model.py`), which computes the status from provd's document.
    if not config:
        return "corrupted"
    if not configured:
        return "not_configured"
    return "autoprov" if config.startswith("autoprov") else "configured"


def _tenant(document: Json) -> LiveTenant | None:
    if not document.get("uuid"):
        return None
    ready = document.get("sip_templates_generated", True)
    return LiveTenant(
        uuid=document["uuid"],
        global_template=document.get("global_sip_template_uuid") if ready else None,
        webrtc_template=document.get("webrtc_sip_template_uuid") if ready else None,
    )


def _context(document: Json) -> LiveContext:
    return LiveContext(
        id=document["id"],
        name=document["name"],
        label=document.get("label") or "",
        type=document["type"],
        user_ranges=_ranges(document.get("user_ranges")),
        group_ranges=_ranges(document.get("group_ranges")),
        incall_ranges=_ranges(document.get("incall_ranges")),
        includes=tuple(context["id"] for context in document.get("contexts") or ()),
    )


def _ranges(documents: Any) -> tuple[NumberRange, ...]:
    return tuple(NumberRange(r["start"], r.get("end") or r["start"], r.get("did_length") or 0) for r in documents or ())


def _line(document: Json, webrtc: str | None) -> LiveLine:
    endpoint = document.get("endpoint_sip") or {}
    extension = _first(document.get("extensions"))
    options = dict(endpoint.get("auth_section_options") or ())
    templates = {template["uuid"] for template in endpoint.get("templates") or ()}
    is_app = bool(document.get("is_webrtc")) or webrtc in templates
    return LiveLine(
        id=document["id"],
        kind="app" if is_app else "sip",
        context=document.get("context") or "",
        position=document.get("position") or 1,
        extension=Extension(extension["exten"]) if extension else None,
        extension_id=extension["id"] if extension else None,
        user=(_first(document.get("users")) or {}).get("uuid"),
        endpoint=endpoint.get("uuid"),
        label=endpoint.get("label"),
        username=options.get("username"),
        device=document.get("device_id"),
    )


def _user(document: Json, lines: tuple[LiveLine, ...], voicemails: tuple[LiveVoicemail, ...]) -> LiveUser:
    if "lines" in document:
        mine = tuple(line["id"] for line in document["lines"] or ())
    else:
        # A row of the directory: the lines know whose they are.
        mine = tuple(line.id for line in lines if line.user == document["uuid"])
    by_id = {line.id: line for line in lines}
    extensions = [by_id[i].extension for i in mine if i in by_id and by_id[i].extension]
    voicemail = (document.get("voicemail") or {}).get("id")
    if voicemail is None:
        voicemail = next((v.id for v in voicemails if v.user == document["uuid"]), None)
    return LiveUser(
        uuid=document["uuid"],
        id=document["id"],
        extension=extensions[0] if extensions else None,
        firstname=document.get("firstname") or "",
        lastname=document.get("lastname") or "",
        email=document.get("email"),
        language=document.get("language"),
        subscription_type=document.get("subscription_type") or 0,
        caller_id=document.get("caller_id"),
        marker=document.get("userfield"),
        lines=mine,
        voicemail=voicemail,
    )


def _voicemail(document: Json) -> LiveVoicemail:
    return LiveVoicemail(
        id=document["id"],
        number=document["number"],
        context=document["context"],
        name=document.get("name") or "",
        email=document.get("email"),
        language=document.get("language"),
        timezone=document.get("timezone"),
        user=(_first(document.get("users")) or {}).get("uuid"),
    )


def _account(document: Json) -> LiveAccount:
    main = next((mail for mail in document.get("emails") or () if mail.get("main")), None)
    return LiveAccount(
        uuid=document["uuid"],
        username=document.get("username") or "",
        email=main.get("address") if main else None,
        firstname=document.get("firstname") or "",
        lastname=document.get("lastname") or "",
        document=document,
    )


def _extension(document: Json) -> LiveExtension:
    use: Literal["lines", "incall", "group", "other"] | None = None
    if document.get("lines"):
        use = "lines"
    elif document.get("incall"):
        use = "incall"
    elif document.get("group"):
        use = "group"
    elif any(document.get(other) for other in ("conference", "parking_lot", "outcall", "queue")):
        use = "other"
    return LiveExtension(document["id"], document["exten"], document["context"], use)


def _incall(document: Json) -> LiveIncall:
    extension = _first(document.get("extensions"))
    destination = document.get("destination") or {"type": "none"}
    kind = destination.get("type") or "none"
    target = destination.get(f"{kind}_id")
    return LiveIncall(
        id=document["id"],
        did=extension["exten"] if extension else None,
        extension_id=extension["id"] if extension else None,
        target_type=kind,
        target_id=int(target) if isinstance(target, int) else None,
    )


def _group(document: Json) -> LiveGroup:
    extension = _first(document.get("extensions"))
    members = document.get("members") or {}
    return LiveGroup(
        uuid=document["uuid"],
        id=document["id"],
        label=document.get("label") or "",
        extension=extension["exten"] if extension else None,
        extension_id=extension["id"] if extension else None,
        ring_strategy=document.get("ring_strategy"),
        members=tuple(member["uuid"] for member in members.get("users") or ()),
        other_members=len(members.get("extensions") or ()),
    )


def _pickup(document: Json) -> LivePickup:
    sides = [document.get(side) or {} for side in ("interceptors", "targets")]
    interceptors, targets = (tuple(user["uuid"] for user in side.get("users") or ()) for side in sides)
    return LivePickup(
        id=document["id"],
        name=document.get("name") or "",
        interceptors=interceptors,
        targets=targets,
        groups=any(side.get("groups") for side in sides),
    )


def _keys(document: Json) -> tuple[LiveKey, ...]:
    keys = document.get("keys") or {}
    return tuple(
        _key(int(position), key) for position, key in sorted(keys.items(), key=lambda item: int(item[0])) if key
    )


def _key(position: int, document: Json) -> LiveKey:
    destination = document.get("destination") or {}
    return LiveKey(
        position=position,
        label=document.get("label"),
        blf=bool(document.get("blf")),
        target_type=destination.get("type") or "",
        target_user=destination.get("user_id"),
        document={name: value for name, value in document.items() if name not in ("id", "inherited")},
    )


def _first(documents: Any) -> Json | None:
    return documents[0] if documents else None
