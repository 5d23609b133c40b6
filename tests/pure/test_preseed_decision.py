"""Who is answered, who is not, and in which words?"""

from datetime import timedelta

import pytest

from preseed.appliance import Appliance, FixedNetwork, Mirror, WazoRelease, missing_answers
from preseed.serve import FETCH_AGAIN, Refusal, Served, Visit, decide
from staging.core.messages import catalogue, explain
from staging.core.words import Serial
from tests.fakes.preseed import NOON, SERIAL, box

HERE = "192.0.2.42"
SAID_HELLO = Visit(address=HERE, suite="bookworm")


def ask(appliance: Appliance | None, visit: Visit = SAID_HELLO, *, serial: Serial | None = SERIAL) -> Served | Refusal:
    return decide(serial, appliance=appliance, visit=visit, address=HERE, now=NOON)


def test_an_armed_box_that_said_hello_is_served() -> None:
    assert ask(box()) == Served(box())


@pytest.mark.parametrize(
    ("appliance", "visit", "status", "line"),
    [
        (None, SAID_HELLO, 404, "unknown serial SN0042"),
        (box(state="registered"), SAID_HELLO, 403, "SN0042 is not armed"),
        (box(state="installing"), SAID_HELLO, 403, "answers of SN0042 were used already, arm it again"),
        (
            box(),
            Visit(HERE, "bookworm", twin="192.0.2.99"),
            403,
            "two boxes say SN0042: 192.0.2.42 and 192.0.2.99, switch one off",
        ),
        (
            box(state="registered"),
            Visit(HERE, "bookworm", twin="192.0.2.99"),
            403,
            "two boxes say SN0042: 192.0.2.42 and 192.0.2.99, switch one off",
        ),
        (box(state="installed"), SAID_HELLO, 403, "SN0042 is not armed"),
        (box(state="shipped"), SAID_HELLO, 403, "SN0042 was shipped already"),
        (box(), Visit(HERE, "trixie"), 409, "wrong medium, take bookworm (SN0042 booted trixie)"),
        (box(mirror=Mirror()), SAID_HELLO, 409, "SN0042 is incomplete: Debian mirror"),
        (
            box(mirror=Mirror(), wazo=WazoRelease()),
            SAID_HELLO,
            409,
            "SN0042 is incomplete: Debian mirror, wazo-ansible repository, wazo-ansible version",
        ),
        (box(), Visit(), 403, "SN0042 has not said hello from 192.0.2.42"),
        (box(), Visit("192.0.2.99", "bookworm"), 403, "SN0042 is served to another address than 192.0.2.42"),
        (box(), Visit(HERE, "bookworm", reported=True), 403, "answers of SN0042 were used already, arm it again"),
    ],
)
def test_each_refusal_has_its_status_and_one_line(
    appliance: Appliance | None, visit: Visit, status: int, line: str
) -> None:
    refusal = ask(appliance, visit)
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.line()) == (status, line)


def test_what_is_no_serial_is_unknown_to_everybody() -> None:
    refusal = ask(None, serial=None)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 404


def test_the_same_box_may_ask_again_for_ten_minutes_and_no_longer() -> None:
    def after(span: timedelta) -> Served | Refusal:
        return ask(box(), Visit(HERE, "bookworm", answered_at=NOON - span))

    assert isinstance(after(FETCH_AGAIN - timedelta(seconds=1)), Served)
    assert isinstance(after(FETCH_AGAIN), Refusal)


def test_a_medium_that_does_not_say_its_release_is_not_held_against_the_box() -> None:
    assert isinstance(ask(box(), Visit(HERE, "")), Served)


def test_a_line_is_short_plain_and_readable_before_the_installer_knows_a_language() -> None:
    for appliance in (None, box(state="registered"), box(mirror=Mirror(), wazo=WazoRelease(), ssh_keys=())):
        refusal = ask(appliance)
        assert isinstance(refusal, Refusal)
        assert refusal.line().isascii()
        assert "\n" not in refusal.line()
        assert refusal.line("fr") != refusal.line("en")


@pytest.mark.parametrize(
    ("appliance", "missing"),
    [
        (box(), ()),
        (box(hostname=""), ("hostname",)),
        (box(root_password_hash=None), ()),
        (box(root_password_hash=None, ssh_keys=()), ("root-access",)),
        (box(network=FixedNetwork("192.0.2.10", "192.0.2.1", ("192.0.2.2",))), ("network",)),
        (box(network=FixedNetwork("192.0.2.10/24", "192.0.2.1", ())), ("network",)),
        (box(network=FixedNetwork("192.0.2.10/24", "192.0.2.1", ("192.0.2.2",) * 4)), ("network",)),
        (box(wazo=None), ()),
        (box(suite="trixie", wazo=None), ()),
        (box(suite="trixie"), ("wazo-distribution",)),
    ],
)
def test_what_is_missing_is_named(appliance: Appliance, missing: tuple[str, ...]) -> None:
    assert missing_answers(appliance) == missing


def test_everything_that_can_be_missing_has_words_and_a_next_action() -> None:
    bare = box(hostname="", mirror=Mirror(), ssh_keys=(), root_password_hash=None, suite="trixie", wazo=WazoRelease())
    bare_too = box(network=FixedNetwork("", "", ()))
    names = {*missing_answers(bare), *missing_answers(bare_too)}
    assert {f"lacks-{name}" for name in names} == {code for code in catalogue() if code.startswith("lacks-")}
    refusal = ask(bare)
    assert isinstance(refusal, Refusal)
    assert all(explain(detail, "fr").hint for detail in refusal.details)
