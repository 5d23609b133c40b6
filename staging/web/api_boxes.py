"""What do programs do with one box beside arming it? Disks, photos, evidence, password: the API's share of its page."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, request

from preseed.disks import hand_may, judge, rules_of
from preseed.own import Own
from preseed.releases import SUITES
from preseed.word import typed_word
from staging.adapters.bench_card import BenchCard, draw_bench_card
from staging.core.faults import Fault, Refused, Where
from staging.core.words import parse_serial
from staging.desk import bench as desk_bench
from staging.desk import bench_own
from staging.jobs.records import CHECKLIST, Box, Hello
from staging.web import api_answers as answers
from staging.web import api_telling as telling
from staging.web.bench import end_of, serial_of
from staging.web.downloads import pdf
from staging.web.gate import language, operator
from staging.web.here import here
from staging.web.words import translate


@dataclass(frozen=True, slots=True)
class DiskChoice:
    """Body of POST …/disk: a disk as …/disks told it. sectors: so that it is still the same disk."""

    disk: str
    sectors: str


@dataclass(frozen=True, slots=True)
class BenchCode:
    """Body of POST …/scan: a code of the bench card."""

    code: str


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """Body of PUT …/own, and its answer: what this box is told that the others are not; empty: as the others.

    address: IPv4 with its prefix length, with a gateway and one to three nameservers; without, the box keeps DHCP.
    """

    hostname: str = ""
    keyboard: str = ""
    address: str = ""
    gateway: str = ""
    nameservers: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    disk_maximum_gb: int | None = None
    disk_models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiskOut:
    """A disk that a waiting box told. choosable: a person may choose it; why: why it was not taken by itself."""

    name: str
    sectors: str
    gb: int
    model: str
    choosable: bool
    chosen: bool
    reason: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class DisksOut:
    """The disks of a box that waits for somebody to choose one; empty when it does not."""

    disks: tuple[DiskOut, ...]


@dataclass(frozen=True, slots=True)
class ProofOut:
    """What the installer found about a point of the checklist. holds: it proves it, else it contradicts it."""

    point: str
    holds: bool
    text: str


@dataclass(frozen=True, slots=True)
class PhotoOut:
    """A photo of a point of the checklist; the picture is at …/photos/{point}."""

    point: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class LogOut:
    """The end of a log that the box sent."""

    at: datetime
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class FetchOut:
    """Somebody asked for the answers of this serial, and what was said."""

    at: datetime
    serial: str
    address: str
    status: int
    line: str
    code: str


@dataclass(frozen=True, slots=True)
class EvidenceOut:
    """What is known of a box's installation. logs and fetches: the latest first."""

    proofs: tuple[ProofOut, ...]
    photos: tuple[PhotoOut, ...]
    logs: tuple[LogOut, ...]
    fetches: tuple[FetchOut, ...]


@dataclass(frozen=True, slots=True)
class SecretOut:
    """A secret that was asked for; who asked is written down."""

    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class StrangerOut:
    """A box that said hello and that nobody registered."""

    serial: str
    address: str
    at: datetime
    product: str | None
    suite: str | None


@dataclass(frozen=True, slots=True)
class StrangersOut:
    """Boxes that wait to be registered, the latest first. odd: what was asked for that is no box of ours."""

    strangers: tuple[StrangerOut, ...]
    odd: tuple[FetchOut, ...]


@dataclass(frozen=True, slots=True)
class ModelsOut:
    """What a box can be registered as. checklist: points that must be ticked."""

    models: tuple[str, ...]
    suites: tuple[str, ...]
    checklist: tuple[str, ...]


def show_disks(serial: str) -> DisksOut:
    """The disks of a box that waits for a choice, each with why it was not taken."""
    box = here().store.appliances.get(serial_of(serial))
    if not box.trouble or box.trouble.get("code") != "disk-choice":
        return DisksOut(())
    rules, chosen = desk_bench.disk_rules(box), (box.disk_choice or {}).get("name")
    told = [(disk, judge(disk, rules_of(rules))) for disk in desk_bench.disks_of(box)]
    return DisksOut(
        tuple(
            DiskOut(
                disk.name, disk.sectors, round(disk.gb), disk.model, hand_may(disk, rules), disk.name == chosen,
                reason, translate(f"disk-{reason}") if reason else None,
            )
            for disk, reason in told
        )
    )  # fmt: skip


def choose_disk(serial: str, body: DiskChoice) -> answers.BoxOut:
    """Let a waiting box wipe one of the disks that it showed."""
    box = desk_bench.choose_disk(
        here().desk, serial_of(serial), body.disk, sectors=body.sectors, by=operator().name
    )  # fmt: skip
    return telling.box_out(box)


def scan_code(serial: str, body: BenchCode) -> answers.BoxOut:
    """Tick by a code of the bench card; another box's serial gives that box."""
    read, other = serial_of(serial), parse_serial(body.code)
    found = here().store.appliances.find(other) if other is not None else None
    return telling.box_out(found or desk_bench.scan(here().desk, read, body.code, by=operator().name))


def show_own(serial: str) -> OwnSettings:
    """What a box is told that the others are not."""
    return _own_out(here().store.appliances.get(serial_of(serial)))


def keep_own(serial: str, body: OwnSettings) -> OwnSettings:
    """Keep what a box is told that the others are not, in place of what was kept."""
    own = Own(
        hostname=body.hostname, keyboard=body.keyboard, address=body.address, gateway=body.gateway,
        nameservers=body.nameservers, packages=body.packages, disk_models=body.disk_models,
        disk_maximum_gb="" if body.disk_maximum_gb is None else str(body.disk_maximum_gb),
    )  # fmt: skip
    return _own_out(bench_own.keep_own(here().desk, serial_of(serial), own, by=operator().name))


def show_evidence(serial: str) -> EvidenceOut:
    """What its installer found, sent and asked for."""
    box = here().store.appliances.get(serial_of(serial))
    installs = here().store.installs
    return EvidenceOut(
        proofs=tuple(
            ProofOut(one.point, one.holds, translate(one.code, **one.facts)) for one in desk_bench.found(box).values()
        ),
        photos=tuple(PhotoOut(one.point, one.at, one.by) for one in installs.photos(box.serial)),
        logs=tuple(LogOut(at, name, end_of(body)) for at, name, body in installs.logs(box.serial)),
        fetches=tuple(
            FetchOut(one.at, one.serial, one.address, one.status, one.line, one.code)
            for one in installs.fetches_of(box.serial, limit=10)
        ),
    )


def keep_photo(serial: str, point: str) -> answers.DoneOut:
    """Keep the picture in the body as the photo of a point."""
    # One byte more than is kept tells that it is too large, without reading the rest.
    content = request.stream.read(desk_bench.LONGEST_PHOTO + 1)
    desk_bench.keep_photo(here().desk, serial_of(serial), point, content, by=operator().name)
    return answers.DoneOut(done=True)


def show_photo(serial: str, point: str) -> Response:
    """The photo of a point."""
    content = here().store.installs.photo(serial_of(serial), point)
    kind = desk_bench.photo_type(content) if content else None
    if content is None or kind is None:
        raise Refused(Fault("unknown-checklist-point", Where("appliance", field=serial[:64]), {"point": point[:20]}))
    return Response(content, content_type=kind)


def reveal(serial: str) -> SecretOut:
    """The root password of a box that we installed."""
    read = serial_of(serial)
    return SecretOut(read, desk_bench.reveal_root_password(here().desk, read, by=operator().name).reveal())


def show_strangers() -> StrangersOut:
    """Who said hello or asked for answers and is no box of ours."""
    return StrangersOut(
        tuple(
            StrangerOut(one.serial, one.address, one.at, _fact(one, "product_name"), _fact(one, "suite"))
            for one in desk_bench.strangers(here().desk)
        ),
        tuple(
            FetchOut(one.at, one.serial, one.address, one.status, one.line, one.code)
            for one in desk_bench.odd_requests(here().desk)
        ),
    )  # fmt: skip


def show_models() -> ModelsOut:
    """What a box can be registered as."""
    return ModelsOut(desk_bench.models(here().desk), SUITES, CHECKLIST)


def bench_card_pdf() -> Response:
    """The card that hangs at the bench."""
    typed = typed_word(here().desk.settings.bench_url or "http://preseed")
    ticks = [(f"{desk_bench.TICK}{point.upper()}", translate(f"checklist-{point}")) for point in CHECKLIST]
    return pdf(draw_bench_card(BenchCard(typed, ticks, language())), "bench-card.pdf")


def _own_out(box: Box) -> OwnSettings:
    own = bench_own.own_of(box)
    gb = int(own.disk_maximum_gb) if own.disk_maximum_gb else None
    return OwnSettings(
        own.hostname, own.keyboard, own.address, own.gateway, own.nameservers, own.packages, gb, own.disk_models
    )  # fmt: skip


def _fact(hello: Hello, name: str) -> str | None:
    return str(hello.facts[name])[:80] if hello.facts.get(name) else None
