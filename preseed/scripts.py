"""What runs on a box? The shell files of `templates/`, filled in for a medium or for one appliance.

A template that lacks a value stops the rendering; nothing is ever filled in as an empty word by mistake.
Values reach the shell through the `sh` filter, or inside quoted here-documents after `check_values`.
"""

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Literal, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined

from preseed.appliance import Appliance, WazoRelease, wazo_distribution
from preseed.disks import rules_of
from preseed.identity import JUNK_SERIALS, LONGEST, SHORTEST
from preseed.links import Links, Tickets
from staging.core.faults import Fault, PreseedRefused, Where

ScriptName = Literal["early.sh", "late.sh", "firstboot"]
SCRIPT_NAMES: tuple[ScriptName, ...] = get_args(ScriptName)

FIRSTBOOT_STAGES: tuple[str, ...] = ("system", "packages", "clone", "roles", "playbook", "health", "ready")
"""What the first boot of a box with Wazo does, in order; each is reported as `firstboot-<stage>`."""


def render_stage(suite: str, links: Links) -> str:
    """The script of the universal stage; the same for every box that boots this medium."""
    template = _templates().get_template("stage.sh")
    return template.render(suite=suite, links=links, junk=JUNK_SERIALS, shortest=SHORTEST, longest=LONGEST)


def render_script(name: ScriptName, appliance: Appliance, *, links: Links, tickets: Tickets) -> str:
    """A script for one appliance; raises PreseedRefused when a value could break out of its place."""
    faults = tuple(_hostile_values(appliance))
    if faults:
        raise PreseedRefused(*faults)
    return (
        _templates()
        .get_template(name)
        .render(
            appliance=appliance,
            rules=rules_of(appliance.disk),
            wazo=appliance.wazo,
            hook=links.hook(tickets.report),
            logs=links.hook(tickets.logs),
            register=links.hook(tickets.register),
            firstboot=links.script(appliance.serial, tickets.read, "firstboot"),
            stages=FIRSTBOOT_STAGES if appliance.wazo else (),
            variables=_wazo_variables(appliance, appliance.wazo) if appliance.wazo else "",
        )
    )


def fill(template: str, **values: object) -> str:
    """Any other text of `templates/`, with its values; one that is not given stops the rendering."""
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("preseed"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - shell, not HTML; the `sh` filter and check below do the quoting
        keep_trailing_newline=True,
        # The usual marks of a comment would be found in ${#name}.
        comment_start_string="<#",
        comment_end_string="#>",
    )
    environment.filters["sh"] = shlex.quote
    return environment


def _wazo_variables(appliance: Appliance, wazo: WazoRelease) -> str:
    """Ansible's extra variables. The role compares the wizard's with the text "true": it must stay a text."""
    distribution = wazo_distribution(appliance)
    variables = {
        "ansible_connection": "local",
        "debian_upgrade_first": True,
        "engine_api_configure_wizard": "false",
        "wazo_debian_repo": wazo.repository,
        "wazo_debian_repo_upgrade": wazo.repository,
        "wazo_distribution": distribution,
        "wazo_distribution_upgrade": distribution,
        "wazo_locale": appliance.locale,
    }
    return json.dumps(variables, indent=2, sort_keys=True)


def _hostile_values(appliance: Appliance) -> Iterator[Fault]:
    """Values that stand on a line of their own in a here-document: a line break would let them leave it."""
    network = appliance.network
    values = [("ssh-key", key) for key in appliance.ssh_keys] + [("domain", appliance.domain)]
    values += [("hostname", appliance.hostname)] + [("ntp-server", server) for server in appliance.ntp_servers]
    if network is not None:
        values += [("network", text) for text in (network.address, network.gateway, *network.nameservers)]
    for field, value in values:
        leaves_its_place = not value.isprintable() or value in _HEREDOC_ENDS
        if leaves_its_place or (field == "network" and not set(value) <= _ADDRESS):
            yield Fault("hostile-answer", Where(source=appliance.serial, field=field), {"question": field})

    for authority in appliance.authorities:
        if not _PEM.fullmatch(authority):
            yield Fault("hostile-answer", Where(source=appliance.serial, field="authority"), {"question": "authority"})


_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]+\n)+-----END CERTIFICATE-----")
_ADDRESS = frozenset("0123456789abcdefABCDEF:./")
_HEREDOC_ENDS = frozenset({"KEYS", "RESOLV", "INTERFACES", "HOSTS", "UNIT", "STAGING_FILE", "VARIABLES"})
