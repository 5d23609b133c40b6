"""What programs do at the scan station and the packing bench, beside plain scans: the API's share of both pages."""

from datetime import date

from flask import Response

from staging.core.faults import Fault, Refused, Where
from staging.core.roles import may
from staging.desk import labels as desk_labels
from staging.desk import station as desk_station
from staging.web import api_answers as answers
from staging.web import api_bodies as bodies
from staging.web import api_telling as telling
from staging.web.downloads import pdf
from staging.web.gate import language, operator
from staging.web.here import here
from staging.web.words import waits


def station(order_id: str, body: bodies.StationScan) -> answers.StationOut:
    """Something was scanned: a phone, a label, a short number, an appliance."""
    printer = body.printer if may(operator().role, "print") else None
    return _told(
        desk_station.read_at_station(
            here().desk, order_id, body.code, seat=body.seat, by=operator().name, printer=printer
        )
    )


def undo_scan(order_id: str) -> answers.StationOut:
    """Take the last scan of whoever asks back."""
    return _told(desk_station.undo_at_station(here().desk, order_id, by=operator().name))


def unpack(order_id: str) -> answers.DoneOut:
    """Take the last pair of whoever asks back."""
    return answers.DoneOut(desk_labels.unpack_last(here().desk, order_id, by=operator().name) is not None)


def ship(order_id: str) -> answers.ShippedOut:
    """The carrier took it."""
    return answers.ShippedOut(desk_labels.ship(here().desk, order_id, by=operator().name))


def manifest_pdf(order_id: str) -> Response:
    """What is in which carton."""
    return pdf(desk_labels.manifest(here().desk, order_id, lang=language()), f"manifest-{order_id}.pdf")


def note_firmware(order_id: str, body: bodies.FirmwareNote) -> answers.ItemOut:
    """Note software that was put on a piece of equipment."""
    return answers.ItemOut(
        desk_labels.note_firmware(
            here().desk, order_id, equipment=body.equipment, software=body.software, serial=body.serial,
            on=_day(body.on), by=operator().name,
        )
    )  # fmt: skip


def _told(answer: desk_station.StationAnswer) -> answers.StationOut:
    row, scan = answer.row, answer.scan
    left = answer.verdict == "left" and scan is not None
    key = f"phone-{scan.reason}" if left and scan else f"station-{answer.verdict}"
    facts = {"mac": scan.mac} if left and scan else desk_station.station_facts(answer)
    return answers.StationOut(
        verdict=answer.verdict,
        text=waits(key, facts).text,
        mac=scan.mac if scan else None,
        phone=telling.phone_out(row) if row else None,
        port=row.bench.port if row and row.bench else None,
        batch=row.bench.batch if row and row.bench else None,
        seat=answer.seat,
        printed=answer.printed,
        fault=answer.faults[0].code if answer.faults else None,
    )


def _day(typed: str | None) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        facts = {"field": "on", "typed": (typed or "")[:10], "longest": 10}
        raise Refused(Fault("firmware-words", Where("body", field="on"), facts)) from error
