"""Does `staging labels` show and print what the order has, and say what came of it?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click.testing
import pytest

from labels.commands import labels
from labels.label import Label
from labels.printers.printer import Outcome, Printed, PrinterSetting
from staging.core.faults import LabelRefused, PrinterUnavailable, Refused
from staging.core.words import Language
from tests.fakes import labels as cast


@dataclass
class Desk:
    """An application with one order and one printer, that remembers what was printed."""

    folder: Path
    batch: Sequence[Label] = (cast.handset(1), cast.dect_handset(4))
    lang: Language = "fr"
    said: list[tuple[str, int]] = field(default_factory=list)
    noted: list[tuple[str, int, str, Outcome]] = field(default_factory=list)

    def order_labels(self, order: str) -> Sequence[Label]:
        return self.batch

    def find_printer(self, name: str) -> PrinterSetting | None:
        known = {
            "bench": PrinterSetting("bench", f"folder://{self.folder}", "roll-62x29"),
            "lost": PrinterSetting("lost", f"folder://{self.folder}/gone", "roll-62x29"),
            "odd": PrinterSetting("odd", f"folder://{self.folder}", "l0000"),
        }
        return known.get(name)

    def note_printing(self, order: str, labels: Sequence[Label], *, printer: str) -> None:
        self.said.append(("printing", len(labels)))

    def note_failed(self, order: str, labels: Sequence[Label], *, printer: str) -> None:
        self.said.append(("failed", len(labels)))

    def note_printed(self, order: str, labels: Sequence[Label], *, printer: str, outcome: Outcome) -> None:
        self.noted.append((order, len(labels), printer, outcome))


def run(desk: Desk, *arguments: str) -> str:
    ran = click.testing.CliRunner().invoke(labels, arguments, obj=desk, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_a_preview_is_a_pdf_and_no_print(tmp_path: Path) -> None:
    desk, out = Desk(tmp_path), tmp_path / "labels.pdf"
    assert run(desk, "preview", "k3m9xp", str(out)) == f"2 étiquettes relues et écrites dans {out}\n"
    assert (out.read_bytes()[:4], desk.noted) == (b"%PDF", [])


@pytest.mark.parametrize(("form", "head"), [("pdf", b"%PDF"), ("zpl", b"^XA^")])
def test_a_print_goes_to_the_named_printer_and_is_written_down(tmp_path: Path, form, head) -> None:
    desk = Desk(tmp_path)
    output = run(desk, "print", "k3m9xp", "--printer", "bench", "--format", form)
    file = tmp_path / f"k3m9xp.{form}"
    assert output == f"2 étiquettes sont sorties : {file}\n"
    assert file.read_bytes()[:4] == head
    assert desk.noted == [("k3m9xp", 2, "bench", Printed(str(file)))]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("print", "k3m9xp", "--printer", "attic"), "no-such-printer"),
        (("print", "k3m9xp", "--printer", "odd"), "no-such-sheet"),
    ],
)
def test_what_does_not_exist_is_refused_and_nothing_is_written_down(tmp_path: Path, arguments, code) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(Refused) as caught:
        run(desk, *arguments)
    assert ([fault.code for fault in caught.value.faults], desk.noted) == ([code], [])


def test_a_print_that_failed_used_its_copy_numbers_up_and_counts_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(PrinterUnavailable):
        run(desk, "print", "k3m9xp", "--printer", "lost")
    assert (desk.said, desk.noted) == ([("printing", 2), ("failed", 2)], [])


def test_a_batch_with_one_bad_label_leaves_the_old_preview_alone(tmp_path: Path) -> None:
    out = tmp_path / "labels.pdf"
    out.write_bytes(b"old")
    with pytest.raises(LabelRefused):
        run(Desk(tmp_path, [cast.handset(1, "o" * 150)]), "preview", "k3m9xp", str(out))
    assert out.read_bytes() == b"old"


@pytest.mark.parametrize("command", ["preview", "print"])
def test_help_shows_an_example(tmp_path: Path, command) -> None:
    assert f"Example: staging labels {command} k3m9xp" in run(Desk(tmp_path), command, "--help")
