"""What should the stack hold for this plan?"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from numbering.plan import TO_CREATE, NumberingPlan, Seat
from staging.core.faults import Fault, PlanRefused, Where
from staging.core.words import Did, Extension, Mac
from staging.wazo.desired_engine import wanted_engine, wanted_rtp
from staging.wazo.facts import OrderFacts, engine_number
from staging.wazo.models import choose_plugins, phone_models
from staging.wazo.ranges import consecutive_ranges
from staging.wazo.state import (
    Account,
    CallPickup,
    Context,
    Device,
    FunctionKey,
    FunctionKeys,
    Group,
    Incall,
    Line,
    LineKey,
    NumberRange,
    Seating,
    SeatLineKey,
    SipTemplate,
    StackState,
    Target,
    Tenant,
    User,
    Voicemail,
)

INTERNAL_LABEL, INCALL_LABEL, OUTCALL_LABEL = "Interne", "Entrants", "Sortants"

_GROUP_NUMBERS = 20
_NOT_IN_GROUP_LABEL = re.compile(r"[^A-Za-z0-9 ._-]+")
_RECEPTIONIST = "customer-relationship"


def desired_state(plan: NumberingPlan, facts: OrderFacts, *, macs: Mapping[SeatLineKey, Mac]) -> StackState:
    """The state that the plan and the order ask for.

    macs: what matching found, by line; a MAC of the plan holds where matching names none. A MAC on any line
    of a base is the base's. A phone whose MAC is not known yet is in no device.
    Raises PlanRefused for a plan that still has errors (a seat without number or profile), for numbers that
    become one in the engine's form, for groups that find no number, and for a `main_to` that names nobody.
    """
    _refuse_incomplete_seats(plan)
    _refuse_colliding_numbers(plan, facts)
    groups = _groups(plan)
    plugins = choose_plugins(_models(plan), _available(facts))
    return StackState(
        tenant=Tenant(facts.tenant_name, facts.slug, facts.tenant_uuid),
        contexts=_contexts(plan, facts, groups),
        sip_template=_sip_template(facts),
        users=tuple(_user(seat, facts) for seat in plan.seats),
        groups=groups,
        pickups=_pickups(groups, facts),
        incalls=_incalls(plan, facts, groups),
        function_keys=tuple(_function_keys(plan)),
        devices=_devices(plan, macs, plugins),
        engine=wanted_engine(facts, plugins),
        rtp=wanted_rtp(facts),
    )


def _refuse_incomplete_seats(plan: NumberingPlan) -> None:
    faults = [
        Fault("seat-incomplete", Where(plan.workbook, cell=seat.cell), {"seat": seat.name})
        for seat in plan.seats
        if seat.extension is None or seat.profile is None
    ]
    if faults:
        raise PlanRefused(*faults)


def _refuse_colliding_numbers(plan: NumberingPlan, facts: OrderFacts) -> None:
    first: dict[str, Did] = {}
    faults = []
    for did in dict.fromkeys(_numbers(plan, facts)):
        other = first.setdefault(_digits(did, facts), did)
        if other != did:
            about = {"first": other, "second": did, "form": facts.did_format}
            faults.append(Fault("numbers-collide", Where(plan.workbook), about))
    if faults:
        raise PlanRefused(*faults)


def _extension(seat: Seat) -> Extension:
    if seat.extension is None:
        raise ValueError(f"seat {seat.cell} has no extension")
    return seat.extension


def _models(plan: NumberingPlan) -> set[str]:
    return {line.model for seat in plan.seats for line in seat.lines if line.model}


def _available(facts: OrderFacts) -> tuple[str, ...]:
    installable = facts.engine.installable if facts.engine else None
    return tuple(sorted({*facts.plugins, *(installable or ())}))


def _main_number(plan: NumberingPlan, facts: OrderFacts) -> Did | None:
    if facts.main_number:
        return facts.main_number
    return Did(plan.main_number) if plan.main_number and plan.main_number != TO_CREATE else None


def _numbers(plan: NumberingPlan, facts: OrderFacts) -> tuple[Did, ...]:
    main = _main_number(plan, facts)
    return (*(number for seat in plan.seats for number in seat.numbers), *((main,) if main else ()))


def _digits(did: Did, facts: OrderFacts) -> str:
    return engine_number(did, facts.did_format, country_code=facts.country_code)


def _contexts(plan: NumberingPlan, facts: OrderFacts, groups: tuple[Group, ...]) -> tuple[Context, ...]:
    start, end = plan.extension_range.split("-")
    # Bounds are digits only, so a plus sign goes; the last digits are what is compared.
    dids = {_digits(did, facts).lstrip("+") for did in _numbers(plan, facts)}
    after = _numbers_after(plan, max(_GROUP_NUMBERS, len(groups)))
    return (
        Context("internal", INTERNAL_LABEL, (NumberRange(start, end),), after, includes=("outcall",)),
        Context("incall", INCALL_LABEL, incall_ranges=consecutive_ranges(dids)),
        Context("outcall", OUTCALL_LABEL),
    )


def _numbers_after(plan: NumberingPlan, count: int) -> tuple[NumberRange, ...]:
    end = plan.extension_range.split("-")[1]
    first, last = int(end) + 1, min(int(end) + count, 10 ** len(end) - 1)
    return (NumberRange(str(first).zfill(len(end)), str(last).zfill(len(end))),) if first <= last else ()


def _sip_template(facts: OrderFacts) -> SipTemplate:
    return SipTemplate(
        (
            ("allow", "!all,alaw,g722"),
            ("language", facts.language),
            ("send_rpid", "yes"),
            ("trust_id_inbound", "yes"),
        )
    )


def _user(seat: Seat, facts: OrderFacts) -> User:
    extension = _extension(seat)
    lines = tuple(
        Line(LineKey(extension, "app" if line.kind == "app" else "sip"), line.position, line.model)
        for line in sorted(seat.lines, key=lambda line: line.kind != "app")
    )
    return User(
        extension=extension,
        firstname=seat.firstname,
        lastname=seat.lastname,
        email=seat.email,
        language=facts.language,
        subscription_type=facts.subscription_types[seat.profile or "voice"],
        caller_id=f'"{seat.name.replace(chr(34), "")}"',
        marker=facts.marker,
        lines=lines,
        voicemail=_voicemail(seat, facts) if seat.voicemail else None,
        account=_account(seat, facts) if any(line.key.kind == "app" for line in lines) else None,
    )


def _voicemail(seat: Seat, facts: OrderFacts) -> Voicemail:
    return Voicemail(_extension(seat), seat.name, seat.email, facts.language, facts.voicemail_timezone)


def _account(seat: Seat, facts: OrderFacts) -> Account:
    return Account(seat.email or f"{seat.extension}.{facts.slug}", seat.email, seat.firstname, seat.lastname)


def _groups(plan: NumberingPlan) -> tuple[Group, ...]:
    members: dict[str, list[Extension]] = {}
    for seat in plan.seats:
        if seat.group and (label := _group_label(seat.group)):
            members.setdefault(label, []).append(_extension(seat))
    free = _numbers_after(plan, len(members))
    width = len(plan.extension_range.split("-")[1])
    room = int(free[0].end) - int(free[0].start) + 1 if free else 0
    if room < len(members):
        about = {"range": plan.extension_range, "groups": len(members), "room": room}
        raise PlanRefused(Fault("no-number-for-group", Where(plan.workbook), about))
    return tuple(
        Group(label, Extension(str(int(free[0].start) + index).zfill(width)), tuple(extensions))
        for index, (label, extensions) in enumerate(members.items())
    )


def _group_label(typed: str) -> str:
    """The label that confd takes for a group: letters without accents, digits, space, hyphen, underscore, dot."""
    plain = unicodedata.normalize("NFKD", typed).encode("ascii", "ignore").decode()
    return " ".join(_NOT_IN_GROUP_LABEL.sub(" ", plain).split())


def _pickups(groups: tuple[Group, ...], facts: OrderFacts) -> tuple[CallPickup, ...]:
    """Who rings together may take each other's calls. Names of pickups are unique on the whole engine."""
    if not facts.preset.pickups:
        return ()
    together = (group for group in groups if len(group.members) > 1)
    return tuple(CallPickup(f"{group.label} {facts.slug}", group.members, group.members) for group in together)


def _incalls(plan: NumberingPlan, facts: OrderFacts, groups: tuple[Group, ...]) -> tuple[Incall, ...]:
    rings = {_digits(did, facts): Target("user", _extension(seat)) for seat in plan.seats for did in seat.numbers}
    main = _main_number(plan, facts)
    target = _main_target(plan, facts, groups)
    if main and target and (facts.main_to or _digits(main, facts) not in rings):
        rings[_digits(main, facts)] = target
    return tuple(Incall(did, target) for did, target in rings.items())


def _main_target(plan: NumberingPlan, facts: OrderFacts, groups: tuple[Group, ...]) -> Target | None:
    if facts.main_to is None:
        receptionists = (seat for seat in plan.seats if seat.profile == _RECEPTIONIST)
        return next((Target("user", _extension(seat)) for seat in receptionists), None)
    if any(seat.extension == facts.main_to for seat in plan.seats):
        return Target("user", facts.main_to)
    label = next((group.label for group in groups if facts.main_to in (group.label, group.extension)), None)
    if label is None:
        raise PlanRefused(Fault("main-to-nobody", Where(plan.workbook), {"main_to": facts.main_to}))
    return Target("group", label)


def _function_keys(plan: NumberingPlan) -> Iterator[FunctionKeys]:
    for seat in plan.seats:
        positions = _key_positions(seat) if seat.profile == _RECEPTIONIST else range(0)
        others = [other for other in plan.seats if other is not seat]
        keys = tuple(
            FunctionKey(position, _extension(other), other.name)
            for position, other in zip(positions, others, strict=False)
        )
        if keys:
            yield FunctionKeys(_extension(seat), keys)


def _key_positions(seat: Seat) -> range:
    for line in seat.lines:
        known = phone_models().get(line.model or "")
        if known and known.keys:
            return known.key_positions(line.expansion_modules)
    return range(0)


def _devices(plan: NumberingPlan, macs: Mapping[SeatLineKey, Mac], plugins: Mapping[str, str]) -> tuple[Device, ...]:
    sets: dict[str, list[tuple[Seating, str, Mac | None]]] = {}
    for seat in plan.seats:
        for line in seat.lines:
            if line.kind == "app" or line.model is None:
                continue
            key = LineKey(_extension(seat), "sip")
            place = f"base {line.base}" if line.base else f"seat {seat.extension}"
            sets.setdefault(place, []).append((Seating(key, line.position), line.model, macs.get(key) or line.mac))
    devices = []
    for places in sets.values():
        mac = next((mac for _, _, mac in places if mac), None)
        model = places[0][1]
        if mac:
            seatings = tuple(sorted((seating for seating, _, _ in places), key=lambda s: s.position))
            devices.append(Device(mac, model, plugins.get(model), seatings))
    return tuple(devices)
