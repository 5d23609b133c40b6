"""`staging phones`: which phones there are, whose each is, and scanning them."""

import sys
import time

import click

from staging.adapters.scanner import SerialScanner
from staging.commands.door import MATERIAL, Door, as_json, complain, house, json_option, lang, table, who
from staging.core.faults import LabelRefused, StagingError
from staging.core.messages import say
from staging.desk import phones as desk_phones
from staging.desk.phones import PhoneRow, PhoneTable
from staging.desk.station import StationAnswer, read_at_station, station_facts


@click.group(cls=Door)
def phones() -> None:
    """Phones: seen by the engine, matched with seats."""


@phones.command(name="list")
@click.argument("order_id", metavar="ORDER")
@json_option
def list_(order_id: str, json_: bool) -> None:
    """List every phone the plan asks for and every phone left over, with the reason.

    Example: staging phones list 4k7m2p
    """
    _print(desk_phones.phone_table(house().desk, order_id), json_=json_)


@phones.command()
@click.argument("order_id", metavar="ORDER")
@json_option
def match(order_id: str, json_: bool) -> None:
    """Give each phone seen to the next free seat of its model, in order of MAC.

    Example: staging phones match 4k7m2p
    """
    _print(desk_phones.pair_rest(house().desk, order_id, by=who()), json_=json_)


@phones.command()
@click.argument("order_id", metavar="ORDER")
@click.option("--seat", help="Extension or base that the next scan is for; else the next free one of its model.")
@click.option("--port", help="Serial port of the scanner, such as /dev/ttyUSB0; it may be unplugged and plugged back.")
@click.option("--baud", default=9600, show_default=True, help="Speed of that port.")
@click.option("--printer", help="Print the label of each phone there, as soon as it has its seat.")
def scan(order_id: str, seat: str | None, port: str | None, baud: int, printer: str | None) -> None:
    """Read scans one per line: from standard input, as a scanner that is a keyboard types them, or from a serial port.

    A MAC gives that phone its seat; a short number or a label of ours chooses the seat of the next phone; S0:UNDO takes
    the last one back. Standard input ends with Ctrl-D, a port with Ctrl-C.

    Example: staging phones scan 4k7m2p --port /dev/ttyUSB0
    """
    house().store.orders.get(order_id)
    station = _Station(order_id, seat, printer)
    if port is not None:
        _scan_port(station, port, baud)
        return
    # Every line is scanned, also after one that was wrong.
    good = [station.scan(line) for line in sys.stdin if line.strip()]
    if not all(good):
        sys.exit(MATERIAL)


class _Station:
    """A terminal with a scanner. seat: the one that every scan is for, unless a scan chose another for the next."""

    def __init__(self, order_id: str, seat: str | None, printer: str | None) -> None:
        self._order_id = order_id
        self._always = seat
        self._next: str | None = None
        self._printer = printer

    def scan(self, typed: str) -> bool:
        """Say what one scan came to; True when it is not to be looked at."""
        seat = self._next or self._always
        try:
            answer = read_at_station(house().desk, self._order_id, typed, seat=seat, by=who(), printer=self._printer)
        except StagingError as error:
            complain(error)
            return False
        # A seat that was chosen stays so until a phone took it: a misread code in between must not send it elsewhere.
        self._next = answer.seat if answer.verdict in ("paired", "again", "undone", "seat") else self._next
        click.echo(_said(answer))
        if answer.faults:
            complain(LabelRefused(*answer.faults))
        return answer.verdict in ("paired", "again", "seat", "undone", "appliance")


def _scan_port(station: _Station, port: str, baud: int) -> None:
    try:
        for heard in SerialScanner(port, baud=baud, wait=time.sleep).listen(stop=lambda: False):
            if heard.kind == "scan":
                station.scan(heard.text)
            else:
                click.echo(say(f"scanner-{heard.kind}", lang(), port=port, text=heard.text), err=True)
    except KeyboardInterrupt:
        return


def _said(answer: StationAnswer) -> str:
    row, scan = answer.row, answer.scan
    if row is not None and scan is not None and answer.verdict in ("paired", "again"):
        socket = say("scan-port", lang(), port=row.bench.port, batch=row.bench.batch) if row.bench else ""
        return f"{scan.mac}  {row.wanted.key}  {', '.join(row.names)}  {row.wanted.model}  {socket}".rstrip()
    if scan is not None and answer.verdict == "left":
        return say(f"phone-{scan.reason}", lang(), mac=scan.mac)
    return say(f"station-{answer.verdict}", lang(), **station_facts(answer))


def _print(found: PhoneTable, *, json_: bool) -> None:
    if json_:
        as_json(phones_document(found))
        return
    table(
        [(row.wanted.key, ", ".join(row.names), row.wanted.model, row.mac or "–", _stage(row)) for row in found.rows],
        headings=say("phone-headings", lang()).split("|"),
    )
    for seen, mac, reason in found.left:
        click.echo(f"{(seen.model if seen else None) or '–'}  {say(f'phone-{reason}', lang(), mac=mac)}")


def _stage(row: PhoneRow) -> str:
    if row.stage is not None:
        return say(f"stage-{row.stage}", lang())
    return say(f"seat-{row.reason}", lang(), seat=row.wanted.key, model=row.wanted.model, mac=row.wanted.mac or "–")


def phones_document(found: PhoneTable) -> dict[str, object]:
    """Phones as JSON: wanted ones with what they got, and those left over with the reason."""
    return {
        "wanted": [
            {
                "key": row.wanted.key,
                "model": row.wanted.model,
                "names": list(row.names),
                "seats": list(row.wanted.seats),
                "mac": row.mac,
                "stage": row.stage,
                "reason": row.reason,
            }
            for row in found.rows
        ],
        "left": [
            {"mac": mac, "model": seen.model if seen else None, "reason": reason} for seen, mac, reason in found.left
        ],
    }
