"""Answers of our own: what would a text change on every registered box, and is each of them still right?

A text is laid over the standard answers for the bench, for a customer or for one box. Before it is kept, every box's
whole preseed is rendered with it and proved as the installer would read it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Literal, get_args

from preseed.appliance import Appliance, missing_answers
from preseed.links import Links, Tickets
from preseed.questions import check_preseed
from preseed.render import render_preseed
from preseed.template import check_template
from staging.adapters.install_values import BenchSettings, appliance_of, texts_for
from staging.core.faults import Fault, PreseedRefused, Refused, Where
from staging.core.secret import Secret
from staging.core.words import parse_serial
from staging.desk.desk import Desk
from staging.jobs.records import Box
from staging.settings import Settings

TextScope = Literal["bench", "customer", "box"]
SCOPES: tuple[TextScope, ...] = get_args(TextScope)
_LONGEST_NAME = 128
_NOBODYS = Tickets("TICKET", "TICKET", "TICKET", "TICKET")


@dataclass(frozen=True, slots=True)
class BoxChange:
    """What a text does to one box. lines: `+…` and `-…` of its preseed; faults: why it could not be installed so."""

    serial: str
    customer: str
    lines: tuple[str, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPreview:
    """A text before it is kept. rendered: how many boxes were tried; changed: those that differ or fail.

    fingerprint: of everything that was shown; keeping asks for it, so that nobody keeps what nobody saw.
    """

    scope: TextScope
    name: str
    body: str
    rendered: int
    changed: tuple[BoxChange, ...]
    faults: tuple[Fault, ...]
    fingerprint: str

    @property
    def ok(self) -> bool:
        """Whether every box would still be understood."""
        return not self.faults and not any(change.faults for change in self.changed)


def bench_settings(settings: Settings) -> BenchSettings:
    """What the settings decide for every box."""
    return BenchSettings(
        mirror_host=settings.mirror_host,
        mirror_directory=settings.mirror_directory,
        proxy=settings.proxy,
        ssh_keys=settings.ssh_keys,
        authorities=settings.authorities,
        ansible_url=settings.ansible_url,
        wazo_release=settings.wazo_release,
        wazo_distribution=settings.wazo_distribution,
        domain=settings.domain,
    )


def preview_text(desk: Desk, scope: str, name: str, body: str) -> TextPreview:
    """What a text would change; writes nothing. Raises Refused for a scope that is none and a box nobody registered."""
    where = _scope(desk, scope, name)
    place = (where, "" if where == "bench" else name.strip())
    body = body.replace("\r\n", "\n")
    faults = check_template(body) if body.strip() else ()
    now = {(one.scope, one.name): one.body for one in desk.store.installs.templates()}
    then = {key: text for key, text in {**now, place: body}.items() if text.strip()}
    bench = bench_settings(desk.settings)
    boxes = [] if faults else list(_concerned(desk, *place))
    changed = tuple(change for box in boxes if (change := _change(bench, box, now, then)) is not None)
    print_ = hashlib.sha256(repr((place, body, changed)).encode()).hexdigest()[:12]
    return TextPreview(where, place[1], body, len(boxes), changed, faults, print_)


def keep_text(desk: Desk, scope: str, name: str, body: str, *, expect: str | None, by: str) -> TextPreview:
    """Keep a text that was shown. expect: the fingerprint of what was shown; None keeps it as it is now.

    Raises PreseedRefused with every fault when one box could not be installed with it, Refused when boxes or texts
    changed since it was shown.
    """
    shown = preview_text(desk, scope, name, body)
    if not shown.ok:
        raise PreseedRefused(*shown.faults, *(fault for change in shown.changed for fault in change.faults))
    if expect is not None and expect != shown.fingerprint:
        raise Refused(Fault("text-changed-since", Where("preseed", field=shown.name or shown.scope)))
    desk.store.installs.keep_template(shown.scope, shown.name, shown.body, by=by)
    facts = {"scope": shown.scope, "name": shown.name or "–", "boxes": len(shown.changed)}
    desk.store.timeline.add("text-kept", facts, operator=by)
    return shown


def _scope(desk: Desk, scope: str, name: str) -> TextScope:
    found = next((one for one in SCOPES if one == scope), None)
    named = name.strip()
    if found is None or (found != "bench" and not (0 < len(named) <= _LONGEST_NAME and named.isprintable())):
        raise Refused(Fault("unknown-text-scope", Where("preseed"), {"typed": f"{scope} {name}".strip()[:80]}))
    if found == "box":
        serial = parse_serial(name)
        if serial is None or desk.store.appliances.find(serial) is None:
            raise Refused(Fault("unknown-serial", Where("preseed"), {"serial": name[:64]}))
    return found


def _concerned(desk: Desk, scope: TextScope, name: str) -> Iterator[Box]:
    """Registered boxes whose answers this text is laid over; every one of them is rendered."""
    for box in desk.store.appliances.all():
        if scope == "bench" or (scope == "customer" and box.customer == name) or box.serial == name:
            yield box


def _change(
    bench: BenchSettings, box: Box, now: Mapping[tuple[str, str], str], then: Mapping[tuple[str, str], str]
) -> BoxChange | None:
    after, faults = _rendered(_as_if(bench, box, then))
    # A text that stops a box changes no lines of it: its faults are what there is to read.
    before = after if faults else _rendered(_as_if(bench, box, now))[0]
    lines = tuple(
        line
        for line in unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    )
    return BoxChange(box.serial, box.customer or "–", lines, faults) if lines or faults else None


def _as_if(bench: BenchSettings, box: Box, texts: Mapping[tuple[str, str], str]) -> Appliance:
    # No password is made and none is shown: looking must not open anything.
    return appliance_of(box, bench, templates=texts_for(box, texts), password_hash=Secret("$6$preview$preview"))


def _rendered(appliance: Appliance) -> tuple[str, tuple[Fault, ...]]:
    # What the settings lack for every box is told elsewhere, and no text can mend it.
    if missing_answers(appliance):
        return "", ()
    try:
        text = render_preseed(appliance, links=Links("http://preseed"), tickets=_NOBODYS)
    except PreseedRefused as error:
        return "", error.faults
    faults = check_preseed(text, appliance.suite, source=appliance.serial)
    return text, tuple(fault for fault in faults if fault.severity == "error")
