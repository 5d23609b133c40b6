"""Which words stand in each field of a label? The field names are those that designs.toml places."""

from collections.abc import Mapping, Sequence

from labels.label import (
    ApplianceLabel,
    BaseLabel,
    BenchPlace,
    CartonLabel,
    FirmwareLabel,
    HandsetLabel,
    Label,
    PortLabel,
)
from staging.core.messages import say
from staging.core.words import Language, Mac


def words_on(label: Label, lang: Language) -> Mapping[str, str]:
    """The text of each field of a label, by field name; a field that says nothing is left out.

    Runs of spaces and line ends become one space, so that a cell with a line break in it stays a name.
    """
    words = {field: " ".join((text or "").split()) for field, text in _words(label, lang).items()}
    if label.code.copy > 1:
        words["copy"] = say("label-copy", lang, copy=label.code.copy)
    return {field: text for field, text in words.items() if text}


def say_place(base: str | None, slot: int | None, lang: Language) -> str | None:
    """Where a DECT handset belongs, "Base atelier · place 4"; None for anything else."""
    return None if base is None or slot is None else say("label-base-slot", lang, base=base, slot=slot)


def _words(label: Label, lang: Language) -> Mapping[str, str | None]:
    match label:
        case HandsetLabel():
            return _on_handset(label, lang)
        case BaseLabel():
            return _on_base(label, lang)
        case CartonLabel():
            return _on_carton(label, lang)
        case ApplianceLabel():
            return _on_appliance(label)
        case PortLabel():
            return {"port": label.port, "meaning": label.meaning}
        case FirmwareLabel():
            return _on_firmware(label, lang)


def _on_handset(label: HandsetLabel, lang: Language) -> Mapping[str, str | None]:
    return {
        "extension": label.extension,
        "name": label.name,
        "site": label.site,
        "caption": None if label.caption == label.name else label.caption,
        "place": say_place(label.base, label.slot, lang),
        "mac": _capitals(label.mac),
        "bench": _bench(label.bench, lang),
    }


def _on_base(label: BaseLabel, lang: Language) -> Mapping[str, str | None]:
    return {
        "name": label.name,
        "site": label.site,
        "mac": _capitals(label.mac),
        "bench": _bench(label.bench, lang),
        **_items("slot", [f"{slot.slot}. {slot.extension} {slot.name}" for slot in label.slots]),
        **_items("short-slot", [f"{slot.slot}. {slot.extension}" for slot in label.slots]),
    }


def _on_carton(label: CartonLabel, lang: Language) -> Mapping[str, str | None]:
    return {
        "name": label.name,
        "extension": label.extension,
        "site": label.site,
        "model": label.model,
        "order": say("label-order", lang, order=label.order),
        "count": say("label-count", lang, n=label.n, of=label.of),
        "mac": _capitals(label.mac),
    }


def _on_appliance(label: ApplianceLabel) -> Mapping[str, str | None]:
    return {
        "customer": label.customer,
        "stack": label.stack,
        "address": label.address,
        "serial": label.serial,
        **_items("port", [f"{use.port} – {use.meaning}" for use in label.ports]),
    }


def _on_firmware(label: FirmwareLabel, lang: Language) -> Mapping[str, str | None]:
    day = label.applied_on.strftime("%d/%m/%Y") if lang == "fr" else label.applied_on.isoformat()
    return {
        "software": label.software,
        "equipment": label.equipment,
        "applied": say("label-applied", lang, day=day),
        "serial": label.serial,
    }


def _bench(place: BenchPlace | None, lang: Language) -> str | None:
    return None if place is None else say("label-bench", lang, port=place.port, batch=place.batch)


def _items(prefix: str, texts: Sequence[str]) -> Mapping[str, str]:
    return {f"{prefix}-{number}": text for number, text in enumerate(texts, 1)}


def _capitals(mac: Mac | None) -> str | None:
    return mac.upper() if mac else None
