"""How is what happened said? Facts get our words in place of the keys that stand for them."""

from collections.abc import Mapping
from typing import Any

from staging.core.faults import Fault, Where
from staging.core.messages import catalogue, explain, say
from staging.core.words import Language
from staging.jobs.job import STEPS, TimelineLine
from staging.jobs.records import CHECKLIST


def tell(line: TimelineLine, lang: Language) -> str:
    """One line of the timeline as a sentence."""
    return tell_event(line.event, line.facts, lang)


def tell_event(event: str, facts: Mapping[str, Any], lang: Language) -> str:
    """An event with its facts as a sentence."""
    return say(event, lang, **spoken(facts, lang)).strip()


def spoken(facts: Mapping[str, Any], lang: Language) -> dict[str, Any]:
    """Facts with words for steps, points of the checklist, phases, secrets, settings, reasons and fault codes."""
    said = dict(facts)
    if said.get("reason"):
        rest = {key: value for key, value in said.items() if key != "reason"}
        said["reason"] = say(str(said["reason"]), lang, **rest).rstrip(".")
    if said.get("step") in STEPS:
        said["step"] = say(f"step-{said['step']}", lang)
    if said.get("point") in CHECKLIST:
        said["point"] = say(f"checklist-{said['point']}", lang)
    if f"phase-{said.get('phase')}" in catalogue():
        said["phase"] = say(f"phase-{said['phase']}", lang)
    if f"secret-{said.get('secret')}" in catalogue():
        said["secret"] = say(f"secret-{said['secret']}", lang)
    if isinstance(said.get("missing"), list):
        # What an incomplete box lacks is kept as codes, so that everybody reads it in their own language.
        said["missing"] = ", ".join(
            explain(Fault(str(one["code"]), Where(), one), lang).text for one in said["missing"]
        )
    if isinstance(said.get("settings"), list):
        told = (f"{say('own-name-' + one['name'], lang)} {one['value']}" for one in said["settings"])
        said["settings"] = ", ".join(told) or "–"
    if said.get("code"):
        said["code"] = explain(Fault(str(said["code"]), Where(), said), lang).text
    return said
