"""What does an engine hold before anybody writes? Settings and the SIP templates of each tenant."""

import secrets
import string
from typing import Any
from uuid import uuid4

from staging.sandbox.tables import Row

SECTIONS = (
    "aor_section_options",
    "auth_section_options",
    "endpoint_section_options",
    "identify_section_options",
    "registration_section_options",
    "registration_outbound_auth_section_options",
    "outbound_auth_section_options",
)

UDP, WSS = str(uuid4()), str(uuid4())
TRANSPORTS: list[Row] = [
    {"uuid": UDP, "name": "transport-udp", "options": [["protocol", "udp"], ["bind", "0.0.0.0:5060"]]},
    {"uuid": WSS, "name": "transport-wss", "options": [["protocol", "wss"], ["bind", "0.0.0.0:5060"]]},
]


def random_name(length: int = 8) -> str:
    """A generated section name: lower-case letters and digits."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))


def engine_settings() -> dict[str, Any]:
    """Engine-wide settings by name, as they stand after installation."""
    return {
        "dhcp": {"active": False, "pool_start": None, "pool_end": None, "network_interfaces": []},
        "networking": {"provision_host": "127.0.0.1", "provision_http_port": 8667, "provision_http_base_url": None},
        "registrar": {
            "id": "default",
            "deletable": False,
            "name": "local",
            "main_host": "127.0.0.1",
            "main_port": None,
            "backup_host": None,
            "backup_port": None,
            "proxy_main_host": "127.0.0.1",
            "proxy_main_port": None,
            "proxy_backup_host": None,
            "proxy_backup_port": None,
            "outbound_proxy_host": None,
            "outbound_proxy_port": None,
        },
        "rtp": {"options": {"rtpstart": "10000", "rtpend": "20000"}},
        "live_reload": {"enabled": True},
    }


def sip_templates(tenant: str) -> dict[str, Row]:
    """The five SIP templates that confd makes for a tenant, by label."""
    made = {label: _template(tenant, label, transport, options) for label, transport, options in _TEMPLATES}
    for child, parent in _PARENTS.items():
        made[child]["templates"] = [made[parent]["uuid"]]
    return made


def _template(tenant: str, label: str, transport: str | None, options: dict[str, list[list[str]]]) -> Row:
    filled = {section: [list(pair) for pair in options.get(section, [])] for section in SECTIONS}
    name = random_name()
    row = {"uuid": str(uuid4()), "tenant_uuid": tenant, "name": name, "label": label, "templates": []}
    return {**row, "transport": transport, "asterisk_id": None, **filled}


def _pairs(text: str) -> list[list[str]]:
    return [line.strip().split(" = ", 1) for line in text.strip().splitlines()]


_PARENTS = {
    "webrtc": "global",
    "registration_trunk": "global",
    "meeting_guest": "webrtc",
    "twilio_trunk": "registration_trunk",
}

_TWILIO = {
    "54.169.127": (128, 129, 130, 131),
    "54.171.127": (192, 193, 194, 195),
    "35.156.191": (128, 129, 130, 131),
    "54.65.63": (192, 193, 194, 195),
    "54.252.254": (64, 65, 66, 67),
    "177.71.206": (192, 193, 194, 195),
    "54.172.60": (0, 1, 2, 3),
    "54.244.51": (0, 1, 2, 3),
}

_TEMPLATES: tuple[tuple[str, str | None, dict[str, list[list[str]]]], ...] = (
    (
        "global",
        UDP,
        {
            "aor_section_options": _pairs(
                """
                max_contacts = 1
                remove_existing = true
                qualify_frequency = 60
                minimum_expiration = 60
                maximum_expiration = 3600
                default_expiration = 120
                """
            ),
            "endpoint_section_options": _pairs(
                """
                allow = !all,ulaw
                allow_subscribe = yes
                allow_transfer = yes
                callerid = wazo
                direct_media = no
                dtmf_mode = rfc4733
                inband_progress = no
                language = en_US
                notify_early_inuse_ringing = yes
                rtp_timeout = 7200
                rtp_timeout_hold = 0
                set_var = TIMEOUT(absolute)=36000
                set_var = DYNAMIC_FEATURES=togglerecord
                timers_min_se = 90
                timers_sess_expires = 600
                trust_id_inbound = no
                use_ptime = yes
                """
            ),
        },
    ),
    ("meeting_guest", None, {}),
    (
        "registration_trunk",
        None,
        {
            "registration_section_options": _pairs(
                """
                retry_interval = 20
                max_retries = 10000
                auth_rejection_permanent = no
                forbidden_retry_interval = 30
                fatal_retry_interval = 30
                """
            )
        },
    ),
    (
        "twilio_trunk",
        None,
        {"identify_section_options": [["match", f"{net}.{host}"] for net, hosts in _TWILIO.items() for host in hosts]},
    ),
    (
        "webrtc",
        WSS,
        {
            "aor_section_options": _pairs("max_contacts = 10\nremove_existing = false"),
            "endpoint_section_options": _pairs(
                """
                allow = !all,opus,g722,alaw,ulaw,vp9,vp8,h264
                dtls_auto_generate_cert = yes
                max_audio_streams = 1
                max_video_streams = 25
                timers = always
                timers_min_se = 90
                timers_sess_expires = 300
                webrtc = yes
                """
            ),
        },
    ),
)
