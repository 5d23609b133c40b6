"""Edge: `staging preseed show SERIAL` and `staging preseed check FILE`."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click

from preseed.appliance import Appliance, missing_answers
from preseed.links import Links, Tickets
from preseed.media import BenchNetwork, check_network, render_dnsmasq, render_ipxe, render_stick
from preseed.questions import Given, check_preseed, read_answers
from preseed.releases import SUITES, Suite
from preseed.render import render_preseed
from preseed.scripts import ScriptName, render_script
from preseed.stick import build_stick, sum_of
from preseed.word import azerty_keys, check_word, propose_words, typed_word
from staging.core.faults import Fault, PreseedRefused, Refused, StagingError, Where
from staging.core.messages import error_lines, explain, say
from staging.core.words import Language, Serial, parse_serial

PLACEHOLDER_TICKETS = Tickets(*["TICKET"] * 4)
"""Stand where a box gets its tickets: looking must not open any."""


_LONGEST_FILE = 1024 * 1024
"""Bytes of a file that is checked; a long preseed has four thousand."""


@dataclass(frozen=True, slots=True)
class ShowNeeds:
    """What `show` needs from above; opened only when it runs, so that `--help` and `check` need no database."""

    find_appliance: Callable[[Serial], Appliance | None]
    links: Links


def commands(open_needs: Callable[[], ShowNeeds]) -> click.Group:
    """The `preseed` group. open_needs is called when a command runs that needs it."""

    @click.group("preseed")
    def group() -> None:
        """What a box is answered when it installs itself."""

    @group.command()
    @click.argument("serial")
    @click.option("--script", type=click.Choice(get_args(ScriptName)), help="Show this script instead of the answers.")
    @_lang_option
    def show(serial: str, script: ScriptName | None, lang: Language) -> None:
        """Print what a box would be answered; nothing is recorded, no ticket is opened.

        Example: staging preseed show SN0042 --script late.sh
        """
        try:
            click.echo(_shown(open_needs(), serial, script), nl=False)
        except StagingError as error:
            _stop(error, lang)

    @group.command()
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--suite", type=click.Choice(SUITES), default="bookworm", show_default=True)
    @click.option("--json", "as_json", is_flag=True, help="Print the faults as JSON.")
    @_lang_option
    def check(file: Path, suite: Suite, as_json: bool, lang: Language) -> None:
        """Check a preseed against the installer's own list of questions.

        Exit status 1 when the installer would not understand something. Warnings say what a list cannot know.

        Example: staging preseed check my.cfg --suite trixie
        """
        text = _text_of(file)
        faults = (text,) if isinstance(text, Fault) else tuple(_check_text(text, file, suite))
        if as_json:
            click.echo(json.dumps([_plain(fault, lang) for fault in faults], ensure_ascii=False, indent=2))
        else:
            _print_faults(faults, lang)
        if any(fault.severity == "error" for fault in faults):
            sys.exit(1)
        if not as_json and not isinstance(text, Fault):
            count = sum(isinstance(item, Given) for item in read_answers(text))
            click.echo(say("preseed-checked-clean", lang, file=file.name, count=count, suite=suite))

    @group.command()
    @click.argument("name", required=False)
    @_lang_option
    def word(name: str | None, lang: Language) -> None:
        """Say whether a word is typed with the same keys on every keyboard, and propose some that are.

        Without NAME the configured address is looked at. Exit status 1 when it is no such word.

        Example: staging preseed word preseed
        """
        base = (name if "://" in name else f"http://{name}") if name else open_needs().links.base
        fault = check_word(base)
        if fault is None:
            click.echo(say("word-neutral", lang, typed=typed_word(base)))
        else:
            _print_faults((fault,), lang)
            click.echo(f"AZERTY: {'  '.join(azerty_keys(typed_word(base)))}")
        click.echo(" ".join(propose_words()))
        if fault is not None:
            sys.exit(1)

    group.add_command(_boot_media(open_needs))
    return group


def _boot_media(open_needs: Callable[[], ShowNeeds]) -> click.Group:
    @click.group("boot-media")
    def media() -> None:
        """Print what makes boxes boot into their installation with nothing typed."""

    @media.command()
    @click.option("--interface", required=True, help="This machine's port on the bench, for example enp2s0.")
    @click.option("--address", required=True, help="This machine's IPv4 address on that port.")
    @click.option("--pool", help="FIRST,LAST address to give; without it another DHCP server gives them.")
    @click.option("--domain", default="bench.lan", show_default=True)
    @_lang_option
    def dnsmasq(interface: str, address: str, pool: str | None, domain: str, lang: Language) -> None:
        """Print a dnsmasq configuration for the bench.

        Example: staging preseed boot-media dnsmasq --interface enp2s0 --address 192.0.2.1 --pool 192.0.2.50,192.0.2.99
        """
        network = BenchNetwork(interface, address, pool, domain)
        faults = check_network(network)
        if faults:
            _stop(Refused(*faults), lang)
        click.echo(render_dnsmasq(network, open_needs().links), nl=False)

    @media.command()
    def ipxe() -> None:
        """Print the script for an iPXE of one's own.

        Example: staging preseed boot-media ipxe >staging.ipxe
        """
        click.echo(render_ipxe(open_needs().links), nl=False)

    @media.command()
    @click.option("--suite", type=click.Choice(SUITES), default="bookworm", show_default=True)
    @click.option("--image", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Debian's own image.")
    @click.option("--sha256", help="Its checksum, from Debian's SHA256SUMS.")
    @click.option("--sums", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="SHA256SUMS itself.")
    @click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The image to write.")
    @_lang_option
    def iso(
        suite: Suite, image: Path | None, sha256: str | None, sums: Path | None, out: Path | None, lang: Language
    ) -> None:
        """Write an installer image that asks nothing, the same for every box; without --image, print its menu lines.

        Example: staging preseed boot-media iso --image debian-12-netinst.iso --sums SHA256SUMS --out staging.iso
        """
        links = open_needs().links
        if image is None:
            click.echo(render_stick(suite, links), nl=False)
            return
        try:
            if out is None or (sha256 is None) == (sums is None):
                raise Refused(Fault("image-needs", Where(image.name)))
            wanted = sha256 if sha256 is not None else sum_of(sums or out, image.name)
            build_stick(image, out, sha256=wanted, suite=suite, links=links)
        except StagingError as error:
            _stop(error, lang)
        click.echo(say("stick-written", lang, file=str(out)))

    return media


def _lang_option(function: Callable[..., None]) -> Callable[..., None]:
    return click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", envvar="STAGING_LANG")(function)


def _shown(needs: ShowNeeds, typed: str, script: ScriptName | None) -> str:
    serial = parse_serial(typed)
    appliance = needs.find_appliance(serial) if serial else None
    if appliance is None:
        raise Refused(Fault("unknown-serial", Where(source=typed), {"serial": typed}))
    at = Where(source=appliance.serial)
    missing = missing_answers(appliance)
    if missing:
        raise PreseedRefused(*(Fault(f"lacks-{name}", at, {"serial": appliance.serial}) for name in missing))
    if script is not None:
        return render_script(script, appliance, links=needs.links, tickets=PLACEHOLDER_TICKETS)
    return render_preseed(appliance, links=needs.links, tickets=PLACEHOLDER_TICKETS)


def _stop(error: StagingError, lang: Language) -> None:
    for line in error_lines(error, lang):
        click.echo(line, err=True)
    sys.exit(2 if isinstance(error, Refused) else 1)


def _text_of(file: Path) -> str | Fault:
    """What a file says; a fault for what is no text, or far longer than any preseed."""
    with file.open("rb") as opened:
        content = opened.read(_LONGEST_FILE + 1)
    if len(content) > _LONGEST_FILE:
        return Fault("preseed-too-long", Where(source=file.name), {"longest": _LONGEST_FILE})
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return Fault("preseed-not-text", Where(source=file.name))


def _check_text(text: str, file: Path, suite: Suite) -> Iterator[Fault]:
    if text.startswith("\ufeff"):
        yield Fault("preseed-not-text", Where(source=file.name))
    yield from check_preseed(text, suite, source=file.name)
    yield from _check_shape(file)


def _check_shape(file: Path) -> Iterator[Fault]:
    """What Debian's own checker says of the shape, on machines that have it; it knows no names and no values."""
    checker = shutil.which("debconf-set-selections")
    if checker is None:
        return
    done = subprocess.run([checker, "--checkonly", str(file)], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - our own argument list, no shell
    if done.returncode != 0:
        answer = " ".join((done.stderr or done.stdout).split())[:200]
        yield Fault("preseed-shape-refused", Where(source=file.name), {"answer": answer})


def _print_faults(faults: tuple[Fault, ...], lang: Language) -> None:
    for fault in faults:
        message = explain(fault, lang)
        click.echo(f"{fault.severity} {fault.code} {fault.at}: {message.text} {message.hint}".rstrip(), err=True)


def _plain(fault: Fault, lang: Language) -> dict[str, object]:
    message = explain(fault, lang)
    place = {"source": fault.at.source, "row": fault.at.cell, "field": fault.at.field}
    words = {"text": message.text, "hint": message.hint}
    return {"code": fault.code, "severity": fault.severity, **place, **words, "facts": dict(fault.facts)}
