"""Somebody at a terminal: `staging …` inside this process, or as a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from staging.cli import main
from staging.commands.door import house
from tests.fakes.house import environ

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output; raises ValueError when there is anything else."""
        return json.loads(self.out)

    @property
    def complaints(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()

    @property
    def codes(self) -> list[str]:
        """What each complaint begins with: a fault's code."""
        return [line.split(" ")[0].rstrip(":") for line in self.complaints]


@dataclass(frozen=True, slots=True)
class Terminal:
    """A shell whose settings live in `home`. lang: what STAGING_LANG says."""

    home: Path
    lang: str = "fr"

    def run(self, *words: str, stdin: str = "", **settings: str) -> Said:
        """Run a command in this process; standard input is no terminal."""
        house.cache_clear()
        given = {**environ(self.home), "STAGING_LANG": self.lang, **settings}
        try:
            result = CliRunner().invoke(main, list(words), env=given, input=stdin, prog_name="staging")
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            return Said(result.exit_code, result.stdout, result.stderr)
        finally:
            if house.cache_info().currsize:
                house().store.database.close()
            house.cache_clear()

    def process(self, *words: str, **settings: str) -> Said:
        """Run a command as a process."""
        done = subprocess.run(
            self.words(*words), env=self.environ(**settings), capture_output=True, text=True, timeout=240, cwd=ROOT
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "staging", *words]

    def environ(self, **settings: str) -> dict[str, str]:
        return {**os.environ, **environ(self.home), "STAGING_LANG": self.lang, **settings}


@contextmanager
def started(terminal: Terminal, *words: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """A command that goes on until it is told to stop; killed if the test forgets."""
    process = subprocess.Popen(
        terminal.words(*words),
        env=terminal.environ(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
