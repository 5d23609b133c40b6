"""Is the order through: labels printed, the final address everywhere, everything read back?"""

import json
import re
from collections.abc import Mapping

from staging.core.faults import Fault, StackRefused, StackUnreachable, Where
from staging.jobs.apply import converge
from staging.jobs.job import Order, Outcome, Stack, done, waiting
from staging.jobs.looking import edits, looker
from staging.jobs.needs import Engine, StepNeeds
from staging.jobs.steps_phones import tell_phone
from staging.jobs.view import SETTINGS, View, engine_host, plan_of
from staging.wazo.change import Change, due
from staging.wazo.diff import describe
from staging.wazo.raw import Json
from staging.wazo.verify import differences
from staging.wazo.verify_phones import phones_to_read, served_differences

_GIVE_UP = 3
"""After so many silences one after the other no further phone is told: each may take a minute."""


def run_label(order: Order, needs: StepNeeds) -> Outcome:
    """Every label was drawn, read back as it should be, and went to a printer."""
    wanted = needs.stationery.check(order, plan_of(order, needs), needs.shelf.pairs(order.id))
    printed = needs.shelf.copies(order.id)
    # A sticker that says something else than the plan by now has to be printed anew.
    missing = [key for key, said in wanted.items() if key not in printed or printed[key].content != said]
    if missing:
        return waiting("waits-print", missing=len(missing), labels=len(wanted))
    return done(labels=len(wanted))


def run_accept(order: Order, needs: StepNeeds) -> Outcome:
    """The customer's final address stands everywhere, the stack holds what the plan says, the sheet is made."""
    stack = needs.stacks.get(order.stack)
    engine = needs.engine_of(stack)
    host = order.final_host if stack.kind == "on-premise" else None
    look_again = looker(order, stack, engine, needs, host=host)
    if host is not None:
        converge(order, "accept", SETTINGS, look=look_again, engine=engine, needs=needs)
        if stack.portal is not None and stack.instance_uuid is not None:
            needs.portal_of(stack.portal)[0].move_instance(stack.instance_uuid, stack=stack.name, host=host)
    view = look_again()
    kept = {(change.noun, change.key, field.name) for change in edits(view) for field in change.fields}
    read = differences(view.desired, view.live, same_secret=view.same_secret)
    found = [one for one in read if (one.noun, one.key, one.name) not in kept]
    served = engine.phone_settings(phones_to_read(view.desired, view.live))
    found += served_differences(view.desired, view.live, served, kept=kept)
    faults = [_difference(stack, one) for one in found]
    # What the diff sees, and the second opinion does not.
    named = {one.noun for one in found}
    faults += [_setting(stack, change) for change in due(view.changes(SETTINGS)) if change.noun not in named]
    if host is not None:
        faults += _left_at_bench(view, served, bench=engine_host(stack), host=host)
    if faults:
        raise StackRefused(*faults[:50])
    sheet = needs.stationery.acceptance_sheet(order, plan_of(order, needs), needs.shelf.pairs(order.id))
    needs.shelf.keep_document(order.id, "acceptance.pdf", sheet)
    if host is not None:
        # The last thing: an acceptance that is refused, and tried again, tells nobody.
        _tell_phones(order, view, host, engine, needs)
    facts: dict[str, object] = {"users": len(view.desired.users), "devices": len(view.desired.devices)}
    facts |= {"told": host} if host else {}
    told = (_accepted(view, stack, host), {"address": host or engine_host(stack)})
    return Outcome("done", facts=facts, told=told, accepted=True)


def _accepted(view: View, stack: Stack, host: str | None) -> str:
    """What the timeline says: also what nobody could set, for want of an address or of its network."""
    if host is None:
        return "order-accepted" if stack.kind == "on-cloud" else "order-accepted-at-bench-address"
    networks = view.desired.engine.phonebook_networks if view.desired.engine else ()
    return "order-accepted" if networks else "order-accepted-phonebook-closed"


def _tell_phones(order: Order, view: View, host: str, engine: Engine, needs: StepNeeds) -> None:
    """Have the phones that still stand on the bench read the file that names the customer's address, once for each.

    Later they cannot: where they would ask for it, at the bench's address, nobody answers on site.
    """
    if needs.orders.steps(order.id)["accept"].waits_facts.get("told") == host:
        return
    seen = [pair.phone for pair in view.matching.pairs if pair.phone and pair.phone.state == "configured"]
    reached = unanswered = 0
    for number, phone in enumerate(seen, start=1):
        try:
            reached += tell_phone(phone, engine)
            unanswered = 0
        except StackUnreachable:
            # Nobody knows whether the phone heard of it; an engine that is away ends the step at its next question.
            unanswered += 1
        if unanswered == _GIVE_UP:
            break
        needs.orders.set_step(order.id, "accept", done=number, total=len(seen))
    needs.orders.set_step(order.id, "accept", waits_facts={"told": host})
    if seen:
        facts = {"address": host, "reached": reached, "silent": len(seen) - reached}
        needs.diary.add("phones-told-address", facts, order_id=order.id)


def _setting(stack: Stack, change: Change) -> Fault:
    facts = {"noun": change.noun, "key": change.key, "name": describe(change, "en"), "wanted": "–", "found": "–"}
    return Fault("stack-differs", Where(stack.name, field=change.key), facts)


def _left_at_bench(view: View, served: Mapping[str, Json], *, bench: str, host: str) -> list[Fault]:
    """Settings that still hold the bench's address, alone or in a URL, once the customer's was written.

    served: what provd writes each phone's file from.
    """
    engine = view.live.engine
    if engine is None or bench == host:
        return []
    shown = {
        "networking": (engine.networking,),
        "registrar": (engine.registrar,),
        "default-device": (_raw(engine.default_device),),
        "base-device": (_raw(engine.base_device),),
        "phone-file": tuple(served.values()),
    }
    # The whole address: 192.0.2.7 is no part of 192.0.2.77, nor engine.lan of my-engine.lan.
    stands = re.compile(rf"(?<![\w.-]){re.escape(bench)}(?![\w-]|\.\w)", re.IGNORECASE)
    held = {
        where: {
            name
            for document in documents
            for name, value in document.items()
            # confd's links name the host that was asked; provd's `ip` is where it listens itself.
            if name not in ("links", "ip") and stands.search(json.dumps(value))
        }
        for where, documents in shown.items()
    }
    return [
        Fault("bench-address-left", Where(where), {"where": f"{where} ({', '.join(sorted(names))})", "address": bench})
        for where, names in held.items()
        if names
    ]


def _raw(document: Json) -> Json:
    return document.get("raw_config") or {}


def _difference(stack: Stack, one: object) -> Fault:
    facts = {name: getattr(one, name) or "–" for name in ("noun", "key", "name", "wanted", "found")}
    return Fault("stack-differs", Where(stack.name, field=str(facts["key"])), facts)
