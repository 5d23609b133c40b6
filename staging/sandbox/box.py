"""How does a simulated box behave from power-on to a healthy engine? As an installer does, over the same addresses."""

import re
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_PHASES = (
    "disk-chosen",
    "partitioned",
    "base-begin",
    "base-done",
    "pkgsel-begin",
    "finish-begin",
    "late-begin",
    "late-done",
)
_DISKS = "nvme0n1 488281250 0 0 0 0 0 Samsung SSD 980\n"
_FACTS = "product_name=DH470\nmemory=8012345 kB\ncards=2\nmac={mac}\ninterface=eno1\nnetwork=192.168.50.10/24\n"
_FIRST_BOOT = (
    "firstboot-begin", "firstboot-system", "firstboot-packages", "firstboot-clone", "firstboot-roles",
    "firstboot-playbook", "firstboot-health", "firstboot-ready",
)  # fmt: skip


@dataclass(slots=True)
class SimulatedBox:
    """One box. bench_url: what its technician typed; pause_s: time between two phases; ask_s: between two questions.

    It stops when `stop` is set, and says in `says` what its screen shows.
    """

    serial: str
    bench_url: str
    engine_address: str
    suite: str = "bookworm"
    pause_s: float = 0.2
    ask_s: float = 1.0
    stop: threading.Event = field(default_factory=threading.Event)
    says: str = "off"

    def run(self) -> bool:
        """Boot, install, restart, report the engine; False when it was stopped before the end."""
        first = self._get(f"/d-i/{self.suite}/./preseed.cfg")
        self._get("/d-i/" + first.partition("/d-i/")[2].partition(" ")[0])
        answers = self._wait_for_answers()
        if answers is None:
            return False
        read = self._ticket(answers)
        report = self._hook(self._get(f"/preseed/{self.serial}/{read}/early.sh"), "hook")
        self._post(f"{report}/disks", _DISKS)
        for phase in ("early", *_PHASES):
            if not self._report(report, f"/step/{phase}"):
                return False
        self._report(report, "/installed")
        register = self._hook(self._get(f"/preseed/{self.serial}/{read}/firstboot"), "register")
        for phase in _FIRST_BOOT:
            if not self._report(report, f"/step/{phase}"):
                return False
        self._post(f"{register}/engine-ready", f"address={self.engine_address}\nversion=26.08\n")
        self.says = "engine ready"
        return True

    def _wait_for_answers(self) -> str | None:
        while not self.stop.is_set():
            self._post("/hooks/hello", f"serial={self.serial}\nsuite={self.suite}\n{_FACTS.format(mac=self._mac())}")
            status, text = self._ask(f"/preseed/{self.serial}")
            if status == 200:
                return text
            self.says = text.strip() or f"waiting ({status})"
            self.stop.wait(self.ask_s)
        return None

    def _report(self, hook: str, path: str) -> bool:
        self.says = path.rpartition("/")[2]
        self._post(f"{hook}{path}", "")
        return not self.stop.wait(self.pause_s)

    def _mac(self) -> str:
        """A network card of its own: two boxes with one serial are told apart by it."""
        return f"02{zlib.crc32(self.serial.encode()):010x}"

    def _ticket(self, answers: str) -> str:
        found = re.search(rf"/preseed/{re.escape(self.serial)}/([A-Za-z0-9_-]+)/", answers)
        if found is None:
            raise ValueError("the answers name no script of this box")
        return found[1]

    def _hook(self, script: str, name: str) -> str:
        """The path of an address that a script keeps under a name, as the box itself would ask it."""
        found = re.search(rf"^{name}='?(\S+?)'?$", script, re.MULTILINE)
        if found is None:
            raise ValueError(f"the script names no {name}")
        return "/hooks/" + found[1].partition("/hooks/")[2]

    def _get(self, path: str) -> str:
        return self._ask(path)[1]

    def _post(self, path: str, body: str) -> None:
        self._ask(path, body.encode())

    def _ask(self, path: str, body: bytes | None = None) -> tuple[int, str]:
        request = Request(self.bench_url + path, data=body, headers={"User-Agent": "debian-installer"})  # noqa: S310  # an http address that the bench gave
        try:
            with urlopen(request, timeout=10) as answer:  # noqa: S310  # as above
                return answer.status, answer.read().decode("utf-8", "replace")
        except HTTPError as refusal:
            return refusal.code, refusal.read().decode("utf-8", "replace")
        except (URLError, TimeoutError, ConnectionError) as silence:
            return 0, str(silence)


def switch_on(box: SimulatedBox, *, when_ready: Callable[[], None] | None = None) -> threading.Thread:
    """Let a box run in a thread of its own."""

    def run() -> None:
        if box.run() and when_ready is not None:
            when_ready()

    thread = threading.Thread(target=run, name=f"box-{box.serial}", daemon=True)
    thread.start()
    return thread
