"""How does a person read a change? One line, in French or English."""

from staging.core.messages import say
from staging.core.words import Language
from staging.wazo.change import Change, FieldChange
from staging.wazo.sides import EDITED_SINCE

_NATIONAL_DIGITS = 10
_SETTINGS = ("sip-template", "dhcp", "rtp", "default-device")


def describe(change: Change, lang: Language) -> str:
    """`+ accueil 8000 · T54W · 04 65 71 00 01`: sign, thing, what changes, and why it is left alone if it is.

    The sign is the change's verb; `=` stands for what people added and keep, `!` for a conflict.
    """
    sign = {"due": change.verb, "kept": "=", "conflict": "!"}[change.standing]
    line = f"{sign} {_thing(change, lang)}".rstrip()
    if change.fields and _shows_fields(change):
        line += say("change-separator", lang) + ", ".join(_field(change, field, lang) for field in change.fields)
    if change.reason:
        line += f" ({say(f'why-{change.reason}', lang)})"
    elif change.standing == "kept":
        line += f" ({say('change-kept', lang)})"
    return line


def pretty_number(digits: str) -> str:
    """A French national number in pairs, `04 65 71 00 01`; anything else as it is."""
    if len(digits) != _NATIONAL_DIGITS or not digits.isdigit() or not digits.startswith("0"):
        return digits
    return " ".join(digits[i : i + 2] for i in range(0, _NATIONAL_DIGITS, 2))


def _shows_fields(change: Change) -> bool:
    edited = change.verb == "-" and change.reason == EDITED_SINCE
    return change.verb == "~" or edited or change.noun in ("incall", "context", "group", "pickup")


def _thing(change: Change, lang: Language) -> str:
    if change.noun == "user":
        numbers = [pretty_number(number) for number in change.facts.get("numbers", "").split(", ") if number]
        phones = [_model(model, lang) for model in change.facts.get("phones", "").split(", ") if model]
        return " · ".join([f"{change.facts.get('name', '')} {change.key}".strip(), *phones, *numbers])
    facts = {**change.facts, "model": _model(change.facts.get("model", ""), lang)}
    how = change.facts.get("how")
    key = f"change-{change.noun}-{how}" if how else f"change-{change.noun}"
    return say(key, lang, **{**facts, "key": pretty_number(change.key), "seat": change.seat or ""})


def _model(model: str, lang: Language) -> str:
    return say("model-app", lang) if model == "app" else model


def _field(change: Change, field: FieldChange, lang: Language) -> str:
    name = say("field-key", lang, position=field.name) if change.noun == "keys" else _name(field, lang)
    said = _switch if change.noun in _SETTINGS else _value
    before, after = said(field.before, lang), said(field.after, lang)
    if change.standing == "kept":
        return say("field-kept", lang, name=name, there=before, wanted=after)
    return f"{name} {after}" if field.before is None else f"{name} {before} → {after}"


def _name(field: FieldChange, lang: Language) -> str:
    return say(f"field-{field.name}", lang)


def _switch(value: str | None, lang: Language) -> str:
    """A setting's value; many are a yes or a no."""
    return say(f"value-{value}", lang) if value in ("yes", "no") else _value(value, lang)


def _value(value: str | None, lang: Language) -> str:
    if value is None:
        return "–"
    kind, _, rest = value.partition(" ")
    if kind == "user" and rest:
        return say("target-user", lang, name=rest)
    if kind == "group" and rest:
        return say("target-group", lang, name=rest)
    return say("target-none", lang) if value == "none" else value
