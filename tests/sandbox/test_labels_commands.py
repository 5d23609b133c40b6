"""Does `staging labels` show and print what the order has, and say what came of it?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import click.testing
import pytest

from labels.commands import labels
from labels.design import Designs
from labels.label import Label
from labels.printers.printer import PrintDone
from staging.core.faults import LabelRefused, Refused
from staging.core.words import Language
from tests.fakes import labels as cast

PRINTED = PrintDone(2, "printed", "/srv/labels/k3m9xp.pdf")


@dataclass
class Desk:
    """An application with one order, that remembers what it was asked to print."""

    batch: Sequence[Label] = (cast.handset(1), cast.dect_handset(4))
    lang: Language = "fr"
    done: PrintDone = PRINTED
    asked: list[dict[str, Any]] = field(default_factory=list)

    def order_labels(self, order: str) -> Sequence[Label]:
        return self.batch

    def designs(self, order: str) -> Designs:
        return ()

    def print_labels(self, order: str, **asked: Any) -> PrintDone:
        self.asked.append({"order": order, **asked})
        return self.done

    def note_firmware(self, order: str, **asked: Any) -> str:
        self.asked.append({"order": order, **asked})
        return "FGT40F0042"


def run(desk: Desk, *arguments: str) -> str:
    ran = click.testing.CliRunner().invoke(labels, arguments, obj=desk, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_a_preview_is_a_pdf_and_no_print(tmp_path: Path) -> None:
    desk, out = Desk(), tmp_path / "labels.pdf"
    assert run(desk, "preview", "k3m9xp", str(out)) == f"2 étiquettes relues et écrites dans {out}\n"
    assert (out.read_bytes()[:4], desk.asked) == (b"%PDF", [])


def test_a_print_says_what_came_of_it_in_the_words_that_are_true() -> None:
    assert run(Desk(), "print", "k3m9xp", "--printer", "bench") == (
        "2 étiquettes sont sorties : /srv/labels/k3m9xp.pdf\n"
    )
    sent = Desk(done=PrintDone(2, "sent", "bench-42"))
    assert "ne dit pas si elles sont sorties" in run(sent, "print", "k3m9xp", "--printer", "bench")


def test_every_choice_of_a_print_reaches_the_desk() -> None:
    desk = Desk(done=PrintDone(2, "sent", "x", sheet=12))
    options = ("--format", "brother", "--start", "4", "--from", "37", "--kind", "carton", "--sheet", "12")
    output = run(desk, "print", "k3m9xp", "--printer", "bench", *options)
    assert desk.asked == [
        {"order": "k3m9xp", "printer": "bench", "form": "brother", "start_cell": 4, "first": 37,
         "kinds": frozenset({"carton"}), "sheet": 12}
    ]  # fmt: skip
    assert output.endswith("écrivez dessus le numéro 12.\n")


def test_firmware_is_noted_with_its_day_and_the_label_is_named() -> None:
    desk = Desk()
    assert run(desk, "firmware", "k3m9xp", "FortiGate 40F", "FortiOS 7.4.5", "--on", "2026-11-20") == "FGT40F0042\n"
    assert desk.asked == [
        {"order": "k3m9xp", "equipment": "FortiGate 40F", "software": "FortiOS 7.4.5", "serial": None,
         "on": date(2026, 11, 20)}
    ]  # fmt: skip


def test_a_sheet_that_nobody_makes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        run(Desk(), "preview", "k3m9xp", str(tmp_path / "x.pdf"), "--sheet", "papyrus")
    assert [fault.code for fault in caught.value.faults] == ["no-such-sheet"]


def test_a_preview_that_has_no_place_is_a_fault_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        run(Desk(), "preview", "k3m9xp", str(tmp_path / "nowhere" / "x.pdf"))
    assert [fault.code for fault in caught.value.faults] == ["preview-unwritable"]


def test_a_batch_with_one_bad_label_leaves_the_old_preview_alone(tmp_path: Path) -> None:
    out = tmp_path / "labels.pdf"
    out.write_bytes(b"old")
    with pytest.raises(LabelRefused):
        run(Desk([cast.handset(1, "o" * 150)]), "preview", "k3m9xp", str(out))
    assert out.read_bytes() == b"old"


@pytest.mark.parametrize("command", ["preview", "print", "firmware"])
def test_help_shows_an_example(command: str) -> None:
    assert f"Example: staging labels {command} k3m9xp" in run(Desk(), command, "--help")
