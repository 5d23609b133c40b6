"""What does a phone read? The text of `<mac>.cfg`, shortened to accounts, keys, language and time."""

from collections.abc import Iterator, Mapping
from typing import Any

from staging.sandbox.devices.models import MODULES, Model, models

_NULL = "%NULL%"
_ANY = Model(lines=1, keys=0, module=0, family=0, plugins=())

_LANGUAGES = {
    "fr_FR": ("French", "France", "1"),
    "fr_CA": ("French", "France", "1"),
    "en_US": ("English", "United States", "2"),
    "de_DE": ("German", "Germany", "1"),
    "es_ES": ("Spanish", "Spain", "1"),
    "it_IT": ("Italian", "Italy", "1"),
}
_ZONES = {"Europe/Paris": ("+1", "France(Paris)", "2"), "America/Montreal": ("-5", "Canada(Montreal)", "2")}
_KEY_TYPES = {"speeddial": "13", "blf": "16", "park": "10"}


def render_phone_file(model: str | None, raw: Mapping[str, Any]) -> str:
    """One phone's whole configuration, one `name = value` a line.

    raw: provd's flattened values. Accounts above the model's capacity are left out without a word, as is every key
    of a DECT base: its template prints none.
    """
    known = models().get(model or "", _ANY)
    lines = ["#!version:1.0.0.1", "", *_general(raw, dect=known.dect), ""]
    for position in range(1, known.lines + 1):
        lines += [*_account(position, raw, dect=known.dect), ""]
    if not known.dect:
        lines += _keys(known, raw)
    return "\n".join(lines) + "\n"


def _general(raw: Mapping[str, Any], *, dect: bool) -> Iterator[str]:
    language, country, date = _LANGUAGES.get(raw.get("locale") or "", (_NULL, _NULL, "2"))
    zone, zone_name, summer = _ZONES.get(raw.get("timezone") or "", (_NULL, _NULL, _NULL))
    yield f"static.auto_provision.server.url = {raw.get('http_base_url')}/"
    yield "static.auto_provision.pnp_enable = 0"
    yield "static.auto_provision.custom.protect = 1"
    yield "sip.notify_reboot_enable = 0"
    yield f"lang.wui = {language}"
    yield f"{'custom.handset.language' if dect else 'lang.gui'} = {language}"
    yield f"voice.tone.country = {country}"
    yield f"{'custom.handset.date_format' if dect else 'local_time.date_format'} = {date}"
    yield f"local_time.ntp_server1 = {raw.get('ntp_ip') or 'pool.ntp.org'}"
    yield f"local_time.time_zone = {zone}"
    yield f"local_time.time_zone_name = {zone_name}"
    yield f"local_time.summer_time = {summer}"
    yield from _phonebook(raw)
    yield f"static.security.user_name.user = {raw.get('user_username', 'user')}"
    yield f"static.security.user_name.admin = {raw.get('admin_username', 'admin')}"
    yield f"static.security.user_password = {raw.get('user_username', 'user')}:{raw.get('user_password')}"
    yield f"static.security.user_password = {raw.get('admin_username', 'admin')}:{raw.get('admin_password')}"


def _phonebook(raw: Mapping[str, Any]) -> Iterator[str]:
    host, user = raw.get("X_xivo_phonebook_ip"), raw.get("X_xivo_user_uuid")
    url = f"http://{host}:9498/0.1/directories/lookup/default/yealink?xivo_user_uuid={user}&term=#SEARCH"
    yield f"remote_phonebook.data.1.url = {url if host and user else _NULL}"
    yield f"remote_phonebook.data.1.name = {'Wazo' if host and user else _NULL}"


def _account(position: int, raw: Mapping[str, Any], *, dect: bool) -> Iterator[str]:
    line = raw.get("sip_lines", {}).get(str(position))
    number, name = (line or {}).get("number"), (line or {}).get("display_name")
    prefix = f"account.{position}"
    yield f"{prefix}.enable = {1 if line else 0}"
    yield f"{prefix}.label = {_text(number if dect else name)}"
    if dect:
        yield f"{prefix}.display_name = {_text(name)}"
    for setting, key in (("auth_name", "auth_username"), ("user_name", "username"), ("password", "password")):
        yield f"{prefix}.{setting} = {_text((line or {}).get(key))}"
    yield f"{prefix}.sip_server.1.address = {_text((line or {}).get('proxy_ip'))}"
    yield f"{prefix}.sip_server.1.port = {_text((line or {}).get('proxy_port'))}"
    yield f"{prefix}.sip_server.2.address = {_text((line or {}).get('backup_proxy_ip'))}"
    yield f"voice_mail.number.{position} = {_text(raw.get('exten_voicemail') if line else None)}"


def _keys(model: Model, raw: Mapping[str, Any]) -> Iterator[str]:
    for position in range(1, model.keys + 1):
        yield from _key(f"linekey.{position}", position, raw)
    for module in range(MODULES if model.module else 0):
        for key in range(1, model.module + 1):
            yield from _key(f"expansion_module.{module + 1}.key.{key}", model.keys + module * model.module + key, raw)


def _key(name: str, position: int, raw: Mapping[str, Any]) -> Iterator[str]:
    """A function key wins its position; a free position that is a line's own shows that line; else nothing."""
    key = raw.get("funckeys", {}).get(str(position))
    line = raw.get("sip_lines", {}).get(str(position))
    settings: tuple[Any, ...] = ("0", None, None, None)
    if key:
        settings = (_KEY_TYPES.get(key["type"], "0"), str(key.get("line", 1)), key["value"], key.get("label"))
    elif line:
        settings = ("15", str(position), line.get("number"), line.get("number"))
    for setting, value in zip(("type", "line", "value", "label"), settings, strict=True):
        yield f"{name}.{setting} = {_text(value)}"
    if key and key["type"] == "blf":
        yield f"{name}.extension = {_text(raw.get('exten_pickup_call'))}"


def _text(value: Any) -> str:
    return _NULL if value is None or value == "" else str(value)
