"""What happened to a machine that was watched? A table with the seconds since power-on, and a few pictures."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.fakes.qemu import Machine


class Story:
    """One run. It is kept at every line, so that a run that was stopped has told how far it came.

    name: of its page and, with a number, of its pictures, in the folder that the make target names.
    """

    def __init__(self, machine: Machine, scratch: Path, *, name: str, title: str) -> None:
        self.machine, self.name, self.title = machine, name, title
        self.out = Path(os.environ.get("INSTALLER_OUT") or scratch)
        self.out.mkdir(parents=True, exist_ok=True)
        for old in (*self.out.glob(f"{name}-*.png"), *self.out.glob(f"{name}.md")):
            old.unlink()
        self.lines: list[str] = []
        self.pictures = 0
        self.began = time.monotonic()

    def tell(self, words: str, *, picture: bool = False) -> None:
        seen = ""
        if picture:
            self.pictures += 1
            file = f"{self.name}-{self.pictures}.png"
            self.machine.picture(self.out / file)
            seen = f" ![{self.pictures}]({file})"
        self._keep(f"| {time.monotonic() - self.began:5.0f} s | {words} |{seen or ' '}|")

    def add(self, words: str) -> None:
        """A line that is told later than it happened."""
        self._keep(f"| | {words} | |")

    def until(self, ready: Callable[[], bool], what: str, *, seconds: float = 900) -> None:
        """Wait for something, and say so in the page when it does not come. The screen of now is kept in its folder."""
        end = time.monotonic() + seconds
        while not ready():
            self.machine.picture(self.machine.folder / "now.png")
            if time.monotonic() > end:
                self.tell(f"**stopped: waited {seconds:.0f} s for {what}**", picture=True)
                raise AssertionError(f"waited {seconds} s for {what}")
            time.sleep(2)

    def _keep(self, line: str) -> None:
        self.lines.append(line)
        head = f"# {self.title}\n\n| after | what happened | screen |\n| --- | --- | --- |\n"
        (self.out / f"{self.name}.md").write_text(head + "\n".join(self.lines) + "\n", "utf-8")
