"""What should an engine of the customer's own be set to?"""

from collections.abc import Mapping

from staging.wazo.facts import OrderFacts
from staging.wazo.state import EngineSettings, Firmware, Rtp, SecretRef

PHONES = "phones"
"""Key of the two passwords that all phones of an order share."""


def wanted_rtp(facts: OrderFacts) -> Rtp | None:
    """Media ports, and ICE with its STUN server where the integrator has one; None on a shared stack."""
    if facts.engine is None:
        return None
    preset = facts.preset
    ports = (("rtpstart", str(preset.rtp_start)), ("rtpend", str(preset.rtp_end)))
    return Rtp((*ports, ("icesupport", "yes"), ("stunaddr", preset.stun)) if preset.stun else ports)


def wanted_engine(facts: OrderFacts, plugins: Mapping[str, str]) -> EngineSettings | None:
    """The engine's settings; None on a shared stack. plugins: of each model of the plan."""
    engine = facts.engine
    if engine is None:
        return None
    return EngineSettings(
        provision_host=engine.stack_address,
        registrar_host=engine.stack_address,
        provision_url=engine.provision_url,
        dhcp=engine.dhcp,
        phonebook_networks=engine.phonebook_networks,
        plugins=tuple(sorted(set(plugins.values()))),
        firmware=tuple(Firmware(plugin, model) for model, plugin in plugins.items()) if facts.preset.firmware else (),
        default_device=(
            ("locale", facts.language),
            ("timezone", facts.timezone),
            ("protocol", "SIP"),
            ("ntp_enabled", True),
            ("ntp_ip", engine.ntp or engine.stack_address),
            ("X_xivo_phonebook_ip", engine.stack_address),
            ("sip_dtmf_mode", "RTP-out-of-band"),
            ("admin_username", engine.admin_username),
            ("admin_password", SecretRef("phone-admin-password", PHONES)),
            ("user_username", engine.user_username),
            ("user_password", SecretRef("phone-user-password", PHONES)),
        ),
    )
