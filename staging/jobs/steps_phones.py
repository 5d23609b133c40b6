"""Has every phone of the plan its lines, and has it fetched the file made for it?"""

import hashlib
from dataclasses import replace

from staging.core.faults import StackRefused
from staging.jobs.apply import converge
from staging.jobs.job import Order, Outcome, done, waiting
from staging.jobs.looking import looker
from staging.jobs.needs import Engine, StepNeeds
from staging.jobs.view import PHONES, View
from staging.phones.seen import SeenPhone
from staging.wazo.change import due
from staging.wazo.document import state_document, state_from_document

_LOOK_AGAIN_S = 5.0
_ASK_AGAIN_S = 30.0
"""A phone that does not answer is asked once more when nothing was new for this long."""


def run_phones(order: Order, needs: StepNeeds) -> Outcome:
    """Every phone of the plan is paired, associated, and has fetched the file made for it."""
    stack = needs.stacks.get(order.stack)
    engine = needs.engine_of(stack)
    look_again = looker(order, stack, engine, needs)
    view = look_again()
    if due(view.changes(PHONES)):
        keep_phones(order, view, needs)
        view = converge(order, "phones", PHONES, look=look_again, engine=engine, needs=needs, seen=view)
    needs.shelf.keep_pairs(order.id, {pair.wanted.key: pair.mac for pair in view.matching.pairs})
    late = _not_fetched(view)
    if late and _may_ask_again(order, late, needs):
        _synchronise(order, late, engine, needs)
        late = _not_fetched(look_again())
    wanted = len(view.matching.pairs) + len(view.matching.seats_left)
    if view.matching.seats_left:
        return waiting(
            "waits-phones",
            again_s=_LOOK_AGAIN_S,
            missing=len(view.matching.seats_left),
            wanted=wanted,
            unpaired=len(view.matching.phones_left),
            which=_which(late),
        )
    if late:
        return waiting("waits-fetch", again_s=_LOOK_AGAIN_S, late=len(late), wanted=wanted, which=_which(late))
    registered = engine.registered_lines(order.tenant_uuid or "")
    return done(phones=wanted, registered="–" if registered is None else len(registered))


def tell_phone(phone: SeenPhone, engine: Engine) -> bool:
    """Have a phone fetch its file; False when it was not reached."""
    try:
        return engine.synchronise(phone.device_id)
    except StackRefused:
        # provd has forgotten it since, or will not tell it: that is one phone's matter, and the next look shows it.
        return False


def keep_phones(order: Order, view: View, needs: StepNeeds) -> None:
    """Phones belong to what was applied last: taking it back sends them home too."""
    last = needs.journal.last_sent(order.id)
    states = needs.journal.states(last.id) if last is not None else None
    if last is not None and states is not None:
        before = state_from_document(states[0])
        # A phone that another one replaces stays written down: it is still to be taken off the tenant.
        now = {device.mac for device in view.desired.devices}
        swapped = tuple(replace(one, seatings=()) for one in before.devices if one.mac not in now)
        applied = replace(before, devices=(*view.desired.devices, *swapped))
        needs.journal.keep_applied(last.id, state_document(applied))


def _not_fetched(view: View) -> tuple[SeenPhone, ...]:
    """Paired phones that provd has seen and that did not fetch the file made for them yet."""
    usernames = {device.id: set[str]() for device in view.live.devices}
    for line in view.live.lines:
        if line.device in usernames and line.username:
            usernames[line.device].add(line.username)
    return tuple(
        phone
        for pair in view.matching.pairs
        if (phone := pair.phone) is not None and phone.fetched_username not in usernames.get(phone.device_id, set())
    )


def _which(late: tuple[SeenPhone, ...]) -> str:
    """The same phones, the same word; short enough for a step's facts."""
    return hashlib.sha256(" ".join(sorted(phone.mac for phone in late)).encode()).hexdigest()[:8] if late else ""


def _may_ask_again(order: Order, late: tuple[SeenPhone, ...], needs: StepNeeds) -> bool:
    """Whether these phones are to be told to fetch their file: at first, then about once a minute."""
    said = needs.orders.steps(order.id)["phones"].waits_facts
    return said.get("which") != _which(late) or float(said.get("pause", 0)) >= _ASK_AGAIN_S


def _synchronise(order: Order, late: tuple[SeenPhone, ...], engine: Engine, needs: StepNeeds) -> None:
    told = needs.orders.steps(order.id)["phones"].waits_facts.get("which") == _which(late)
    for number, phone in enumerate(late, start=1):
        # A phone that stays silent is one line of the timeline, not one a minute.
        if phone.state == "configured" and not tell_phone(phone, engine) and not told:
            needs.diary.add("phone-not-reached", {"mac": phone.mac, "ip": phone.ip or "–"}, order_id=order.id)
        needs.orders.set_step(order.id, "phones", done=number, total=len(late))
