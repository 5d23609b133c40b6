"""Which whole HTTP answers can be given without a framework? Those to boxes that were answered before."""

from datetime import datetime

from preseed.links import Links
from preseed.render import render_proved
from preseed.serve import FETCH_AGAIN, Refusal, decide
from staging.adapters.install_office import KNOWN_AT_HAND, AtHand, InstallOffice
from staging.core.faults import PreseedRefused
from staging.core.words import Serial

_Made = tuple[AtHand, str, datetime, bytes]


class Ready:
    """Whole HTTP answers for boxes that were answered before, for a door without a framework.

    The decision is the same as everywhere: the row is read at every request, and only an answer that was made of an
    equal row, for the same address and within its ten minutes is given. The rest is None: ask the default door.
    For one thread.
    """

    def __init__(self, office: InstallOffice, links: Links) -> None:
        self._office = office
        self._links = links
        self._made: dict[Serial, _Made] = {}

    def find(self, serial: Serial, address: str) -> bytes | None:
        """The answer with its head, or None. Every one that is given is written down."""
        known, now = self._office.known(serial), self._office.now()
        held = self._made.get(serial)
        if known is None or known.visit.answered_at is None:
            return None
        if held is None or held[0] is not known or held[1] != address or now >= held[2]:
            held = self._make(serial, known, address, now)
            if held is None:
                return None
        self._office.note_answer(serial, address, now)
        return held[3]

    def _make(self, serial: Serial, known: AtHand, address: str, now: datetime) -> _Made | None:
        """The decision, and the answer with the moment up to which it stays the same."""
        decision = decide(serial, appliance=known.appliance, visit=known.visit, address=address, now=now)
        if isinstance(decision, Refusal) or known.visit.answered_at is None:
            return None
        if len(self._made) >= KNOWN_AT_HAND:
            self._made.clear()
        try:
            made = (known, address, known.visit.answered_at + FETCH_AGAIN, self._answer(known))
        except PreseedRefused:
            return None
        self._made[serial] = made
        return made

    def _answer(self, known: AtHand) -> bytes:
        body = render_proved(known.appliance, links=self._links, tickets=known.tickets).encode()
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store, no-transform\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
