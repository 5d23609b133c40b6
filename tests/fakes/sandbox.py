"""How is a recording played again? Each exchange is asked of the sandbox, in the sandbox's own identifiers."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from staging.sandbox.app import create_sandbox

RECORDINGS = Path(__file__).parent.parent / "recordings"

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HEX = re.compile(r"\b[0-9a-f]{32}\b")
GENERATED = re.compile(r"[a-z0-9]{8}")
PREFIXES = {"confd": "/api/confd", "auth": "/api/auth", "provd": "/api/provd", "phone": "/phones"}
KINDS = ("users", "lines", "extensions", "incalls", "voicemails", "contexts", "groups")
OWNERS = {"user_id": "users", "voicemail_id": "voicemails"}
VOLATILE = [
    "created_at",
    "issued_at",
    "expires_at",
    "utc_issued_at",
    "utc_expires_at",
    "timestamp",
    "token",
    "auth_id",
    "xivo_uuid",
    "session_uuid",
    "user_agent",
    "provisioning_code",
    "provisioning_extension",
    "remote_addr",
    "http_base_url",
    "http_port",
    "tftp_port",
    "admin_password",
    "user_password",
    "href",
]
NOBODYS_TOKEN = "00000000-0000-4000-8000-000000000000"
PASSED_ON = ("Accept", "Content-Type", "User-Agent", "X-Forwarded-For")


# Recordings 01 to 06 were made one after the other on one engine; the others each began with a tenant of their own.
RUNS = (("01", "02", "03", "04", "05", "06"), ("07",), ("10",), ("11",), ("14",), ("15",), ("16",), ("17",))

ELSEWHERE = "users were made beside the recording, so there are more than it shows"

DIFFERENT: dict[str, str] = {
    "06#7": ELSEWHERE,
    "06#19": ELSEWHERE,
    "06#22": ELSEWHERE,
    "10#16": "the CSV export is not offered: no step of staging asks for it",
    "10#1 list after": ELSEWHERE,
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its answer. file: the recording's number."""

    file: str
    seq: int
    note: str
    service: str
    method: str
    path: str
    headers: dict[str, str]
    sent: Any
    status: int
    answer: Any

    @property
    def name(self) -> str:
        """File and number; what was listed after a bulk load bears a number that stands elsewhere already."""
        short = f"{self.file}#{self.seq}"
        return f"{short} list after" if self.note.startswith("list after") else short

    def __str__(self) -> str:
        return f"{self.name} {self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Observation:
    """A fact that was read around the recorded daemons: in their database, or at the stand-ins beside them."""

    file: str
    line: int
    said: dict[str, Any]

    @property
    def name(self) -> str:
        """File and line of the recording, counted from 1."""
        return f"{self.file}:{self.line}"


def exchanges(file: str) -> Iterator[Exchange]:
    """The exchanges of one recording in order; lines of observation are left out."""
    return (one for one in told(file) if isinstance(one, Exchange))


def told(file: str) -> Iterator[Exchange | Observation]:
    """Everything that a recording holds, in order."""
    (path,) = RECORDINGS.glob(f"{file}-*.jsonl")
    for line, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        said = json.loads(text)
        if said.get("observation") or "service" not in said:
            yield Observation(file, line, said)
            continue
        yield Exchange(
            file,
            said["seq"],
            said.get("note") or "",
            said["service"],
            said["method"],
            said["path"],
            said["request_headers"] or {},
            said["request_body"],
            said["status"],
            said["response_body"],
        )


@dataclass(slots=True)
class Answered:
    status: int
    body: Any


@dataclass
class Replay:
    """A sandbox under replay, and which recorded identifier is which of its own."""

    words: dict[str, str] = field(default_factory=dict)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_sandbox(configured=True, tenant_delay=0, restart_delay=0)
        self.client = self.app.test_client()
        self.world = self.app.extensions["sandbox"]
        self.tokens = {"<root-token>": self.log_in("root", "sandbox")}

    def log_in(self, name: str, password: str, seconds: int = 7200) -> str:
        reply = self.client.post("/api/auth/0.1/token", auth=(name, password), json={"expiration": seconds})
        return str(reply.get_json()["data"]["token"])

    def ask(self, one: Exchange) -> Answered:
        """Send the request as the sandbox must see it, and learn from the answer."""
        self._set_the_scene(one)
        headers = {name: one.headers[name] for name in PASSED_ON if name in one.headers}
        if "X-Auth-Token" in one.headers:
            headers["X-Auth-Token"] = self._token(one)
        if "Wazo-Tenant" in one.headers:
            headers["Wazo-Tenant"] = self._words(one.headers["Wazo-Tenant"])
        reply = self.client.open(
            PREFIXES[one.service] + self._path(one.path),
            method=one.method,
            headers=headers,
            data=self._body(one),
            auth=self._credentials(one),
        )
        body = reply.get_data(as_text=True)
        if one.service != "phone" and body.strip().startswith(("{", "[", '"')):
            body = json.loads(body)
        self._learn(one.answer, body)
        return Answered(reply.status_code, body)

    def _credentials(self, one: Exchange) -> tuple[str, str] | None:
        if not one.path.endswith("/token"):
            return None
        return ("root", "wrong" if "wrong password" in one.note else "sandbox")

    def _set_the_scene(self, one: Exchange) -> None:
        """What stood around the recorded daemons: Asterisk's mood, and which of their neighbours were down."""
        note = one.note
        modes = {"amid 503": "503", "mode 503": "503", "AMI answers Error": "error", "mode error": "error"}
        mood = next((mode for words, mode in modes.items() if words in note), "ok")
        if "ynchronize" in note or one.file == "15":
            self.world.room.notify = mood
        rules = [{"kind": "error-after"}] if re.match(r"sysconfd (answers 500|DOWN: POST)", note) else []
        if re.search(r"rabbit(mq)? down", note, re.IGNORECASE):
            rules = [{"kind": "bus-down"}]
        if re.search(r"auth down", note, re.IGNORECASE):
            rules = [{"kind": "auth-down"}]
        self.client.post("/room/faults", json=rules)
        self.world.provd.down_until = float("inf") if note.startswith("provd DOWN") else 0.0

    def _token(self, one: Exchange) -> str:
        given = one.headers["X-Auth-Token"]
        if given == "<limited-token>" and given not in self.tokens:
            self.tokens[given] = self.log_in("limited", "LabPass-9")
        if given == "<expired-token>" and given not in self.tokens:
            self.tokens[given] = self.log_in("root", "sandbox", seconds=0)
        return self.tokens.get(given, "garbage" if "garbage" in one.note else NOBODYS_TOKEN)

    def _path(self, path: str) -> str:
        numbered = re.compile(rf"(?<=/)({'|'.join(KINDS)})/(\d+)(?![\w-])")
        path = numbered.sub(lambda found: f"{found[1]}/{self.numbers.get((found[1], int(found[2])), found[2])}", path)
        for given in ("<limited-token>", "<expired-token>"):
            path = path.replace(given, self.tokens.get(given, given))
        return self._words(path)

    def _body(self, one: Exchange) -> str | None:
        if one.sent in (None, ""):
            return None
        if isinstance(one.sent, str):
            return self._words(one.sent)
        return json.dumps(self._own(one.sent, one.path.split("?")[0].rsplit("/", 1)[-1]))

    def _own(self, value: Any, kind: str) -> Any:
        if isinstance(value, dict):
            return {name: self._member(name, part, kind) for name, part in value.items()}
        if isinstance(value, list):
            return [self._own(part, kind) for part in value]
        return self._words(value) if isinstance(value, str) else value

    def _member(self, name: str, part: Any, kind: str) -> Any:
        if isinstance(part, int) and not isinstance(part, bool):
            owner = kind if name == "id" else OWNERS.get(name, "")
            return self.numbers.get((owner, part), part)
        return self._own(part, name if name in KINDS else kind)

    def _words(self, text: str) -> str:
        for pattern in (UUID, HEX):
            text = pattern.sub(lambda found: self.words.get(found[0], found[0]), text)
        return self.words.get(text, text)

    def _learn(self, recorded: Any, own: Any) -> None:
        if isinstance(recorded, dict) and isinstance(own, dict):
            rel = (recorded.get("links") or [{}])[0].get("rel")
            if rel and isinstance(recorded.get("id"), int) and isinstance(own.get("id"), int):
                self.numbers[rel, recorded["id"]] = own["id"]
            if isinstance(recorded.get("name"), str) and GENERATED.fullmatch(recorded["name"]):
                self.words.setdefault(recorded["name"], str(own.get("name")))
            for name in recorded.keys() & own.keys():
                self._learn(recorded[name], own[name])
        elif isinstance(recorded, list) and isinstance(own, list) and len(recorded) == len(own):
            for one, other in zip(_sorted(recorded), _sorted(own), strict=True):
                self._learn(one, other)
        elif isinstance(recorded, str) and isinstance(own, str):
            for pattern in (UUID, HEX):
                for old, new in zip(pattern.findall(recorded), pattern.findall(own), strict=False):
                    self.words.setdefault(old, new)


def masked(value: Any, name: str = "") -> Any:
    """An answer without what no two runs share: identifiers, moments, generated names, the order of options."""
    if name in VOLATILE:
        return f"<{name}>"
    if isinstance(value, dict):
        # The engine that was recorded had its base document typed in, with a comment.
        return {key: masked(part, key) for key, part in value.items() if key != "X_comment"}
    if isinstance(value, list):
        parts = [masked(part) for part in value]
        # Lists are by default in the order of names that both sides made up.
        return (
            sorted(parts, key=lambda part: json.dumps(part, sort_keys=True))
            if name == "items" or name.endswith("_options")
            else parts
        )
    if isinstance(value, int) and not isinstance(value, bool) and (name == "id" or name.endswith("_id")):
        return "<n>"
    return _masked_text(value, name) if isinstance(value, str) else value


def _masked_text(text: str, name: str) -> str:
    text = HEX.sub("<hex>", UUID.sub("<uuid>", text))
    # Numbers of rows in sentences; tokens are echoed as they came.
    text = re.sub(r"(_ids?'|'id'): '?[\[(]?\d+[,)\]]*'?", r"\1: <n>", text)
    text = re.sub(r"<\w+-token>|<token>", "<uuid>", text)
    text = re.sub(r"\(Caused by .*", "(Caused by …", text)
    text = re.sub(r"('name': )'[a-z0-9]{8}'", r"\1<name>", text)
    text = re.sub(r"^ap\w{8}$", "<autoprov>", text)
    return "<name>" if name == "name" and GENERATED.fullmatch(text) else text


def _sorted(items: list[Any]) -> list[Any]:
    """Templates come in any order; a label says which is which."""
    labelled = all(isinstance(item, dict) and item.get("label") and "transport" in item for item in items)
    return sorted(items, key=lambda item: str(item["label"])) if labelled else items


def difference(recorded: Any, own: Any, where: str = "") -> str:
    """The first place where two masked answers differ, or nothing."""
    if isinstance(recorded, dict) and isinstance(own, dict):
        if recorded.keys() != own.keys():
            return f"{where}: missing {recorded.keys() - own.keys()}, too many {own.keys() - recorded.keys()}"
        return next((found for key in recorded if (found := difference(recorded[key], own[key], f"{where}.{key}"))), "")
    if isinstance(recorded, list) and isinstance(own, list):
        if len(recorded) != len(own):
            return f"{where}: {len(recorded)} recorded, {len(own)} here"
        pairs = enumerate(zip(_sorted(recorded), _sorted(own), strict=True))
        return next((found for n, (one, other) in pairs if (found := difference(one, other, f"{where}[{n}]"))), "")
    return "" if recorded == own else f"{where}: recorded {recorded!r}, here {own!r}"


def account_settings(text: str) -> dict[str, str]:
    """The accounts and keys of a phone's file: what a verifier compares."""
    wanted = re.compile(
        r"^((?:account\.\d+\.(?:enable|label|display_name|auth_name|user_name|password|sip_server\.1\.address))"
        r"|linekey\.\S+|expansion_module\.\S+|voice_mail\.number\.\d+) = (.*)$",
        re.MULTILINE,
    )
    return {name: re.sub(r"^ap\w{8}$", "<autoprov>", value) for name, value in wanted.findall(text)}
