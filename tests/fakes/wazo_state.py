"""A tenant in memory that keeps wazo-confd's rules, and plans to put on it.

`Tenant.send` takes an action's request and refuses what confd refuses (recordings 02 to 05, 11, 14); `Tenant.raw`
answers in the recorded shapes. It knows nothing of our states: only requests in, documents out.
"""

import uuid as uuids
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from itertools import count
from typing import Any

from hypothesis import strategies as st

from numbering.plan import LineKind, NumberingPlan, Seat, SeatLine, Summary
from staging.core.words import Did, Extension, Mac
from staging.wazo.actions import ready_actions
from staging.wazo.change import Action, due
from staging.wazo.diff import changes, users_with_keys
from staging.wazo.facts import OrderFacts
from staging.wazo.live import LiveState, read_tenant
from staging.wazo.raw import RawTenant
from staging.wazo.state import LineKey, SecretRef, StackState, fill_secrets, fill_uuid

MASTER = "c162211b-50e5-4a52-ba6f-2f27fc34b9b0"

FACTS = OrderFacts(
    "7f3k",
    "Atelier Bleu",
    "atelierb",
    "Atelier Bleu",
    tenant_uuid="0a7e11e4-b1e0-4000-8000-000000000042",
    plugins=("wazo-yealink-v85", "wazo-yealink-v86"),
)


def seat(name: str, extension: str, model: str | None = "T54W", **other: Any) -> Seat:
    """A seat with one phone, or with what `lines` says."""
    kind: LineKind = "dect" if model in ("W60B", "W70B") else "desk"
    lines = other.pop("lines", None) or (SeatLine(kind, model, base=other.pop("base", None)),)
    numbers = tuple(Did(f"+33{digits}") for digits in other.pop("numbers", ()))
    first, _, last = name.partition(" ")
    return Seat(
        **{
            "cell": f"Plan!B{extension}", "site": "Avr", "firstname": first, "lastname": last, "profile": "voice",
            "extension": Extension(extension), "extension_given": False, "email": None, "voicemail": True,
            "group": None, "numbers": numbers, "number_wanted": False, "lines": lines, **other,
        }
    )  # fmt: skip


def plan(*seats: Seat, extension_range: str = "8000-8019", main_number: str | None = None) -> NumberingPlan:
    """A plan of these seats; the summary's counts do not matter to Wazo."""
    return NumberingPlan(
        "plan.xlsx",
        main_number,
        Summary(len(seats), len(seats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        extension_range,
        (),
        seats,
    )


def dect(slot: int, base: str = "1") -> tuple[SeatLine, ...]:
    """The line of a handset."""
    return (SeatLine("dect", "W60B", base=base, position=slot),)


APP = SeatLine("app")
DESK = SeatLine("desk", "T54W")


def six_seats() -> NumberingPlan:
    """A small customer: a receptionist with a module, a nomad with two lines, four handsets on one base."""
    return plan(
        seat("accueil", "8000", profile="customer-relationship", numbers=("465710001",), group="Accueil",
             lines=(SeatLine("desk", "T54W", expansion_modules=1),)),
        seat("directrice", "8001", profile="unified-communication", email="directrice@atelier-bleu.example",
             numbers=("465710002", "465710003"), lines=(DESK, APP)),
        seat("atelier 1", "8002", lines=dect(1), group="Accueil"),
        seat("atelier 2", "8003", lines=dect(2), group="Accueil"),
        seat("atelier 3", "8004", lines=dect(3), voicemail=False),
        seat("atelier 4", "8005", lines=dect(4), numbers=("465710009",)),
        main_number="+33465710000",
    )  # fmt: skip


MACS: Mapping[LineKey, Mac] = {
    LineKey(Extension("8000"), "sip"): Mac("02:00:00:00:00:01"),
    LineKey(Extension("8001"), "sip"): Mac("02:00:00:00:00:02"),
    LineKey(Extension("8002"), "sip"): Mac("02:00:00:00:00:0b"),
}


def macs_of(wanted: NumberingPlan) -> dict[LineKey, Mac]:
    """A MAC for every phone of a plan, one per base."""
    found: dict[LineKey, Mac] = {}
    for number, person in enumerate(wanted.seats, start=1):
        for line in person.lines:
            if line.kind != "app" and person.extension:
                tail = 0xB0 + int(line.base) if line.base else number
                found[LineKey(person.extension, "sip")] = Mac(f"02:00:00:00:00:{tail:02x}")
    return found


@st.composite
def plans(draw: st.DrawFn, *, most: int = 7) -> NumberingPlan:
    """Plans of up to `most` seats with everything that a seat may have; from one to the next all of it may move."""
    seats = []
    slot = 0
    # Whose address and whose numbers a seat has: in the next plan they may be anybody else's.
    mails, owners = draw(st.permutations(range(most))), draw(st.permutations(range(most)))
    for index in range(draw(st.integers(1, most))):
        shape = draw(st.sampled_from(["desk", "dect", "app", "both"]))
        slot += shape == "dect"
        lines = {"desk": (DESK,), "dect": dect(slot), "app": (APP,), "both": (DESK, APP)}[shape]
        profile = "unified-communication" if APP in lines else draw(st.sampled_from(["voice", "customer-relationship"]))
        numbers = [f"4657101{owners[index]}{i}" for i in range(draw(st.integers(0, 2)))]
        seats.append(
            seat(
                draw(st.sampled_from(["accueil", "atelier", "poste"])) + f" {index}",
                str(8000 + index),
                lines=lines,
                profile=profile,
                numbers=numbers,
                email=f"poste{mails[index]}@atelier-bleu.example" if APP in lines or draw(st.booleans()) else None,
                voicemail=draw(st.booleans()),
                group=draw(st.sampled_from([None, "Accueil", "Réunion"])),
            )
        )
    return plan(*seats, main_number=draw(st.sampled_from([None, "+33465710000"])))


def reveal(secret: SecretRef) -> str:
    """Secrets of a test: the same reference, the same value."""
    return f"{secret.kind}.{secret.key}".replace("/", "-")


class Refusal(AssertionError):
    """confd would have answered 400 or 404."""


def _need(condition: object, why: str) -> None:
    if not condition:
        raise Refusal(why)


class Tenant:
    """A tenant's objects, by id, linked by id. `log` holds the requests that were accepted."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._made: dict[str | None, str | None] = {}
        self.uuid: str | None = None
        self.contexts: dict[int, dict[str, Any]] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.lines: dict[int, dict[str, Any]] = {}
        self.extensions: dict[int, dict[str, Any]] = {}
        self.voicemails: dict[int, dict[str, Any]] = {}
        self.incalls: dict[int, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.pickups: dict[int, dict[str, Any]] = {}
        self.accounts: dict[str, dict[str, Any]] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, dict[str, Any]] = {}
        self.main: dict[str, int] = {}
        self.template: list[list[str]] = [["allow", "!all,ulaw"], ["language", "en_US"], ["rtp_timeout", "7200"]]
        self.log: list[str] = []

    def copy(self) -> "Tenant":
        """The same tenant, to spoil."""
        return deepcopy(self)

    # -- reading -------------------------------------------------------------------------------------------------

    def live(self, *states: StackState | None) -> LiveState:
        """What a reader sees, with the function keys of those who have some in any of these states."""
        plain = read_tenant(self.raw())
        keyed = (uuid for state in states if state for uuid in users_with_keys(state, plain))
        return read_tenant(self.raw(tuple(dict.fromkeys(keyed))))

    def raw(self, keys_of: tuple[str, ...] = ()) -> RawTenant:
        """The documents in the shapes of the recordings."""
        if self.uuid is None:
            return RawTenant({})
        templates = {"global_sip_template_uuid": "tpl-global", "webrtc_sip_template_uuid": "tpl-webrtc"}
        return RawTenant(
            tenant={"uuid": self.uuid, "sip_templates_generated": True, **templates},
            contexts=tuple(deepcopy(list(self.contexts.values()))),
            users=tuple(self._user_document(user) for user in self.users.values()),
            lines=tuple(self._line_document(line) for line in self.lines.values()),
            extensions=tuple(self._extension_document(e) for e in self.extensions.values()),
            incalls=tuple(self._incall_document(incall) for incall in self.incalls.values()),
            voicemails=tuple(self._voicemail_document(box) for box in self.voicemails.values()),
            groups=tuple(self._group_document(group) for group in self.groups.values()),
            pickups=tuple(self._pickup_document(pickup) for pickup in self.pickups.values()),
            auth_users=tuple(deepcopy(list(self.accounts.values()))),
            devices=tuple(self._device_document(device) for device in self.devices.values()),
            sip_template={"endpoint_section_options": deepcopy(self.template)},
            funckeys={uuid: {"keys": deepcopy(self.keys.get(uuid, {}))} for uuid in keys_of},
        )

    def shape(self) -> Any:
        """The whole tenant without ids, to compare two of them and to see that nothing stands twice."""
        name_of = {uuid: (self._number_of_user(uuid) or user["firstname"]) for uuid, user in self.users.items()}
        ids = {user["id"]: name_of[uuid] for uuid, user in self.users.items()}
        macs = {device["id"]: device["mac"] for device in self.devices.values()}
        groups = {group["id"]: group["label"] for group in self.groups.values()}
        return {
            "contexts": sorted(
                (c["type"], c["label"], len(c["contexts"]),
                 sorted(r["start"] for kind in ("user", "group", "incall") for r in c[f"{kind}_ranges"]))
                for c in self.contexts.values()
            ),
            "users": sorted((name_of[u], p["firstname"], p.get("userfield") or "") for u, p in self.users.items()),
            "lines": sorted(
                (name_of.get(line["user"], ""), line["label"] or "", line["position"], macs.get(line["device_id"], ""))
                for line in self.lines.values()
            ),
            "extensions": sorted(e["exten"] for e in self.extensions.values()),
            "voicemails": sorted((box["number"], name_of.get(box["user"], "")) for box in self.voicemails.values()),
            "accounts": sorted((name_of.get(a["uuid"], ""), a["username"]) for a in self.accounts.values()),
            "incalls": sorted(
                (self._exten(i["extension"]), i["destination"]["type"],
                 ids.get(i["destination"].get("user_id"), groups.get(i["destination"].get("group_id"), "")))
                for i in self.incalls.values()
            ),
            "groups": sorted(
                (g["label"], self._exten(g["extension"]), sorted(name_of[m] for m in g["members"]))
                for g in self.groups.values()
            ),
            "pickups": sorted(
                (p["name"], sorted(name_of[u] for u in p["interceptors"]), sorted(name_of[u] for u in p["targets"]))
                for p in self.pickups.values()
            ),
            "devices": sorted((d["mac"], d["plugin"] or "") for d in self.devices.values()),
            "keys": sorted(
                (name_of[u], position, ids.get(key["destination"].get("user_id"), ""), key["label"])
                for u, keys in self.keys.items() for position, key in keys.items()
            ),
            "template": sorted(map(tuple, self.template)),
        }  # fmt: skip

    # -- writing -------------------------------------------------------------------------------------------------

    def send(self, action: Action) -> None:
        """Do what confd would do, or refuse."""
        body = fill_secrets(action.body, reveal)
        if action.follows:
            made = self._made.pop(action.lane, None)
            if made is None:
                return
            body = fill_uuid(body, made)
        path, _, query = action.path.partition("?")
        parts = path.split("/")
        name = "_".join([action.method.lower(), action.service, *(p for p in parts if p.isalpha())])
        name = name.replace("confd_", "")
        arguments = [p for p in parts if not p.isalpha()]
        method: Any = getattr(self, name, None)
        _need(method, f"no such request: {action.method} {action.path} ({name})")
        _need("recursive" not in query or action.method == "DELETE", "never replace a user whole")
        if query:
            arguments.append(query)
        made = method(*arguments, **({"body": body} if body is not None else {}))
        self._made[action.lane] = made if isinstance(made, str) else None
        self.log.append(f"{action.method} {action.service} {action.path}")

    def post_auth_tenants(self, body: Any) -> None:
        _need(self.uuid is None, "the slug is already used")
        _need(1 <= len(body["slug"]) <= 10, "Length must be between 1 and 10.")
        self.uuid = body.get("uuid") or str(uuids.uuid4())

    def post_contexts(self, body: Any) -> None:
        number = next(self._ids)
        lists = {name: body.get(name, []) for name in ("user_ranges", "group_ranges", "incall_ranges")}
        self._check_ranges(lists)
        self.contexts[number] = {
            "id": number, "name": f"ctx-atelierb-{body['type']}-{uuids.uuid4()}", "label": body["label"],
            "type": body["type"], "contexts": [], **lists,
        }  # fmt: skip

    def put_contexts(self, number: str, body: Any) -> None:
        self._check_ranges(body)
        self.contexts[int(number)].update(body)

    def put_contexts_contexts(self, number: str, body: Any) -> None:
        _need(all(c["id"] in self.contexts for c in body["contexts"]), "Context was not found")
        self.contexts[int(number)]["contexts"] = body["contexts"]

    def put_endpoints_sip_templates(self, name: str, body: Any) -> None:
        _need(name == "tpl-global", "endpoint_sip was not found")
        self.template = body["endpoint_section_options"]

    def post_users(self, body: Any) -> str:
        before = deepcopy(self.__dict__ | {"_ids": None})
        try:
            return self._nested(body)
        except Refusal:
            ids = self._ids
            self.__dict__.update(before)
            self._ids = ids
            raise

    def _nested(self, body: Any) -> str:
        _need(body.get("firstname"), "firstname: Missing data for required field.")
        email = body.get("email")
        _need(not email or all(u.get("email") != email for u in self.users.values()), "User already exists")
        own: dict[str, Any] = {"id": next(self._ids), "uuid": str(uuids.uuid4())}
        plain = ("firstname", "lastname", "email", "language", "subscription_type", "caller_id", "userfield")
        user = own | {name: body.get(name) for name in plain}
        self.users[user["uuid"]] = user
        box = body.get("voicemail")
        if box:
            number = box.get("id") or self._make_voicemail(box)
            self.put_users_voicemails(user["uuid"], str(number))
        for document in body.get("lines", []):
            line = self._make_line(document)
            for extension in document.get("extensions", []):
                number = self._find_number(extension["exten"], extension["context"]) or self._make_number(extension)
                self._tie_line(line, number, user=user["uuid"])
            self.put_users_lines(user["uuid"], str(line))
        for rule in body.get("incalls", []):
            for extension in rule["extensions"]:
                self._nested_incall(extension, user["id"])
        if "auth" in body:
            self.post_auth_users(body={"uuid": user["uuid"], **body["auth"]})
        return str(user["uuid"])

    def _nested_incall(self, extension: Any, user_id: int) -> None:
        context = self._context_named(extension["context"])
        _need(context["type"] == "incall", "cannot be associated")
        inside = any(r["start"] <= extension["exten"] <= r["end"] for r in context["incall_ranges"])
        _need(inside, "would silently add a range")
        number = self._find_number(extension["exten"], extension["context"])
        there = next((i for i in self.incalls.values() if i["extension"] == number and number), None)
        if there:
            _need(there["destination"]["type"] == "none", "Existing incall does not have the new user as a destination")
            there["destination"] = {"type": "user", "user_id": user_id}
            return
        rule = next(self._ids)
        self.incalls[rule] = {
            "id": rule, "extension": number or self._make_number(extension),
            "destination": {"type": "user", "user_id": user_id},
        }  # fmt: skip

    def put_users(self, uuid: str, body: Any) -> None:
        _need(uuid in self.users, "User was not found")
        held = [user["email"] for other, user in self.users.items() if other != uuid and user.get("email")]
        _need(body.get("email") not in held, "User already exists")
        _need(body.get("firstname", "x"), "firstname: Field may not be null.")
        self.users[uuid].update(body)

    def delete_users(self, uuid: str, query: str = "") -> None:
        _need(uuid in self.users, "User was not found")
        _need(query == "recursive=true", "a plain delete leaves line, login and phone behind")
        user = self.users.pop(uuid)
        numbers = Counter(line["extension"] for line in self.lines.values())
        for line in [line for line in self.lines.values() if line["user"] == uuid]:
            del self.lines[line["id"]]
            # A number that two lines shared stays behind.
            if numbers[line["extension"]] == 1:
                self.extensions.pop(line["extension"], None)
        for box in [box for box in self.voicemails.values() if box["user"] == uuid]:
            del self.voicemails[box["id"]]
        for incall in self.incalls.values():
            if incall["destination"].get("user_id") == user["id"]:
                incall["destination"] = {"type": "none"}
        for group in self.groups.values():
            group["members"] = [member for member in group["members"] if member != uuid]
        for pickup in self.pickups.values():
            for side in ("interceptors", "targets"):
                pickup[side] = [one for one in pickup[side] if one != uuid]
        for keys in self.keys.values():
            for position in [p for p, key in keys.items() if key["destination"].get("user_id") == user["id"]]:
                del keys[position]
        self.keys.pop(uuid, None)
        self.accounts.pop(uuid, None)

    def post_lines(self, body: Any) -> None:
        self._make_line(body)

    def put_lines(self, number: str, body: Any) -> None:
        line = self.lines[int(number)]
        others = [
            o for o in self.lines.values() if o["device_id"] and o["device_id"] == line["device_id"] and o is not line
        ]
        _need(all(o["position"] != body["position"] for o in others), "a handset would disappear")
        line.update(body)

    def delete_lines(self, number: str) -> None:
        _need(not self.lines[int(number)]["device_id"], "a line on a phone goes off it first")
        del self.lines[int(number)]

    def put_endpoints_sip(self, name: str, body: Any) -> None:
        line = next(line for line in self.lines.values() if line["endpoint"] == name)
        line["username"] = dict(body["auth_section_options"])["username"]
        line["label"] = body["label"]

    def put_lines_extensions(self, line: str, number: str) -> None:
        self._tie_line(int(line), int(number), user=self.lines[int(line)]["user"])

    def delete_lines_extensions(self, line: str, number: str) -> None:
        _need(self.lines[int(line)]["extension"] == int(number), "LineExtension was not found")
        self.lines[int(line)]["extension"] = None

    def put_users_lines(self, uuid: str, line: str = "", body: Any = None) -> None:
        _need(uuid in self.users, "User was not found")
        if body is not None:
            ids = [one["id"] for one in body["lines"]]
            mine = {number for number, row in self.lines.items() if row["user"] == uuid}
            _need(set(ids) == mine and len(ids) == len(mine), "a line that is not named is taken away")
            self.main[uuid] = ids[0]
            return
        _need(self.lines[int(line)]["endpoint"], "Line must be associated with a Endpoint")
        self.lines[int(line)]["user"] = uuid

    def post_extensions(self, body: Any) -> None:
        self._make_number(body)

    def delete_extensions(self, number: str) -> None:
        _need(int(number) in self.extensions, "Extension was not found")
        _need(all(line["extension"] != int(number) for line in self.lines.values()), "is associated with a line")
        del self.extensions[int(number)]

    def post_voicemails(self, body: Any) -> None:
        self._make_voicemail(body)

    def put_voicemails(self, number: str, body: Any) -> None:
        self.voicemails[int(number)].update(body)

    def delete_voicemails(self, number: str) -> None:
        _need(self.voicemails[int(number)]["user"] is None, "Voicemail is associated with a User")
        del self.voicemails[int(number)]

    def put_users_voicemails(self, uuid: str, number: str) -> None:
        _need(all(box["user"] != uuid for box in self.voicemails.values()), "user has a voicemail")
        self.voicemails[int(number)]["user"] = uuid

    def delete_users_voicemails(self, uuid: str) -> None:
        for box in self.voicemails.values():
            if box["user"] == uuid:
                box["user"] = None

    def post_auth_users(self, body: Any) -> None:
        _need(body["uuid"] in self.users and body["uuid"] not in self.accounts, "Conflict detected")
        mail = body.get("email_address")
        for login in (body["username"], mail):
            self._check_login(login, but=body["uuid"])
        names = {name: body.get(name) for name in ("uuid", "username", "firstname", "lastname")}
        emails = [{"address": mail, "main": True, "confirmed": True}] if mail else []
        self.accounts[body["uuid"]] = {**names, "emails": emails, "enabled": True, "purpose": "user"}

    def put_auth_users(self, uuid: str, body: Any) -> None:
        self._check_login(body["username"], but=uuid)
        # What a body does not name becomes the default.
        plain = {"username": None, "firstname": None, "lastname": None, "enabled": True, "purpose": "user"}
        self.accounts[uuid].update({**plain, **body})

    def put_auth_admin_users_emails(self, uuid: str, body: Any) -> None:
        for mail in body["emails"]:
            self._check_login(mail["address"], but=uuid)
        main = [mail["main"] for mail in body["emails"]]
        _need(not main or main.count(True) == 1, "At least one address should be main")
        self.accounts[uuid]["emails"] = body["emails"]

    def _check_login(self, login: str | None, *, but: str) -> None:
        held = {
            name: uuid
            for uuid, account in self.accounts.items()
            for name in (account["username"], *(mail["address"] for mail in account.get("emails", ())))
        }
        _need(login is None or held.get(login, but) == but, "Conflict detected")

    def delete_auth_users(self, uuid: str) -> None:
        del self.accounts[uuid]

    def post_incalls(self, body: Any) -> None:
        number = next(self._ids)
        self._check_destination(body["destination"])
        self.incalls[number] = {"id": number, "extension": None, "destination": body["destination"]}

    def put_incalls(self, number: str, body: Any) -> None:
        self._check_destination(body["destination"])
        self.incalls[int(number)]["destination"] = body["destination"]

    def put_incalls_extensions(self, rule: str, number: str) -> None:
        _need(self.incalls[int(rule)]["extension"] in (None, int(number)), "Incall is associated with a Extension")
        _need(all(i["extension"] != int(number) or i["id"] == int(rule) for i in self.incalls.values()), "associated")
        self.incalls[int(rule)]["extension"] = int(number)

    def delete_incalls(self, number: str) -> None:
        del self.incalls[int(number)]

    def post_groups(self, body: Any) -> None:
        _need(all(group["label"] != body["label"] for group in self.groups.values()), "made twice")
        own: dict[str, Any] = {"id": next(self._ids), "uuid": str(uuids.uuid4())}
        self.groups[own["uuid"]] = own | {"members": [], "extension": None, **body}

    def put_groups(self, uuid: str, body: Any) -> None:
        self.groups[uuid].update(body)

    def put_groups_extensions(self, uuid: str, number: str) -> None:
        extension = self.extensions[int(number)]
        context = self._context_named(extension["context"])
        _need(_inside(extension["exten"], context["group_ranges"]), "outside of range")
        _need(self.groups[uuid]["extension"] in (None, int(number)), "Group is associated with a Extension")
        self.groups[uuid]["extension"] = int(number)

    def delete_groups_extensions(self, uuid: str, number: str) -> None:
        _need(self.groups[uuid]["extension"] == int(number), "Extension was not found")
        self.groups[uuid]["extension"] = None

    def delete_groups(self, uuid: str) -> None:
        del self.groups[uuid]

    def put_groups_members_users(self, uuid: str, body: Any) -> None:
        members = [user["uuid"] for user in body["users"]]
        _need(all(member in self.users for member in members), "User was not found")
        _need(all(self._number_of_user(member) for member in members), "User must be associated with a Line")
        self.groups[uuid]["members"] = members

    def post_callpickups(self, body: Any) -> None:
        _need(all(pickup["name"] != body["name"] for pickup in self.pickups.values()), "CallPickup already exists")
        number = max(self.pickups, default=0) + 1
        self.pickups[number] = {"id": number, "name": body["name"], "interceptors": [], "targets": []}

    def put_callpickups_interceptors_users(self, number: str, body: Any) -> None:
        self._put_pickup(int(number), "interceptors", body)

    def put_callpickups_targets_users(self, number: str, body: Any) -> None:
        self._put_pickup(int(number), "targets", body)

    def _put_pickup(self, number: int, side: str, body: Any) -> None:
        uuids = [user["uuid"] for user in body["users"]]
        _need(all(uuid in self.users for uuid in uuids), "User was not found")
        _need(len(uuids) == len(set(uuids)), "Cannot associate same user more than once")
        self.pickups[number][side] = uuids

    def delete_callpickups(self, number: str) -> None:
        del self.pickups[int(number)]

    def put_users_funckeys(self, uuid: str, body: Any) -> None:
        targets = [t for key in body["keys"].values() if (t := key["destination"].get("user_id"))]
        _need(len(targets) == len(set(targets)), "duplicate destination")
        _need(all(any(u["id"] == t for u in self.users.values()) for t in targets), "User was not found")
        self.keys[uuid] = body["keys"]

    def post_devices(self, body: Any) -> None:
        _need(all(device["mac"] != body["mac"] for device in self.devices.values()), "Device already exists")
        name = uuids.uuid4().hex
        self.devices[name] = {"id": name, "plugin": None, **body, "tenant_uuid": self.uuid, "is_new": False}

    def put_devices(self, name: str, body: Any) -> None:
        self.devices[name].update(body)

    def put_devices_unallocated(self, name: str) -> None:
        _need(self.devices[name]["is_new"], "Device was not found")
        self.devices[name].update(tenant_uuid=self.uuid, is_new=False)

    def delete_devices(self, name: str) -> None:
        _need(all(line["device_id"] != name for line in self.lines.values()), "Device is associated with a Line")
        del self.devices[name]

    def put_lines_devices(self, number: str, name: str) -> None:
        line = self.lines[int(number)]
        device = self.devices.get(name)
        _need(device and device["tenant_uuid"] == self.uuid, "Device was not found")
        _need(line["device_id"] in (None, name), "Line is associated with a Device")
        for needed in ("endpoint", "extension", "user"):
            _need(line[needed], f"Line must be associated with a {needed}")
        others = [o for o in self.lines.values() if o["device_id"] == name and o is not line]
        _need(all(o["position"] != line["position"] for o in others), "Cannot associate 2 lines with same position")
        line["device_id"] = name

    def delete_lines_devices(self, number: str, name: str) -> None:
        _need(self.lines[int(number)]["device_id"] == name, "Line is not associated with Device")
        self.lines[int(number)]["device_id"] = None

    # -- rules ---------------------------------------------------------------------------------------------------

    def _check_ranges(self, lists: Any) -> None:
        for ranges in lists.values():
            bounds = [(r["start"], r["end"]) for r in ranges]
            _need(len(bounds) == len(set(bounds)), "the same range twice is a 500")
            _need(all(a.isdigit() and b.isdigit() and len(a) == len(b) and a <= b for a, b in bounds), "Input Error")

    def _check_destination(self, destination: Any) -> None:
        if destination["type"] == "user":
            _need(any(u["id"] == destination["user_id"] for u in self.users.values()), "User was not found")
        if destination["type"] == "group":
            _need(any(g["id"] == destination["group_id"] for g in self.groups.values()), "Group was not found")

    def _context_named(self, name: str) -> dict[str, Any]:
        found = [context for context in self.contexts.values() if context["name"] == name]
        _need(found, "Context was not found")
        return found[0]

    def _find_number(self, exten: str, context: str) -> int | None:
        return next((e["id"] for e in self.extensions.values() if (e["exten"], e["context"]) == (exten, context)), None)

    def _make_number(self, body: Any) -> int:
        self._context_named(body["context"])
        _need(self._find_number(body["exten"], body["context"]) is None, "Extension already exists")
        number = next(self._ids)
        self.extensions[number] = {"id": number, "exten": body["exten"], "context": body["context"]}
        return number

    def _make_voicemail(self, body: Any) -> int:
        _need(all(box["number"] != body["number"] for box in self.voicemails.values()), "Voicemail already exists")
        _need(body["password"].startswith("voicemail-pin"), "the PIN is a secret")
        number = next(self._ids)
        self.voicemails[number] = {"id": number, "user": None, **body}
        return number

    def _make_line(self, body: Any) -> int:
        self._context_named(body["context"])
        sip = body["endpoint_sip"]
        _need(all(line["name"] != sip["name"] for line in self.lines.values()), "SIPEndpoint already exists")
        _need(all(t["uuid"] in ("tpl-global", "tpl-webrtc") for t in sip["templates"]), "endpoint_sip was not found")
        number = next(self._ids)
        self.lines[number] = {
            "id": number, "context": body["context"], "position": body.get("position", 1), "name": sip["name"],
            "endpoint": f"endpoint-{number}", "label": sip["label"],
            "webrtc": sip["templates"][0]["uuid"] == "tpl-webrtc",
            "username": dict(sip["auth_section_options"]).get("username"), "extension": None, "user": None,
            "device_id": None,
        }  # fmt: skip
        return number

    def _tie_line(self, line: int, number: int, *, user: str | None) -> None:
        extension = self.extensions[number]
        context = self._context_named(extension["context"])
        _need(context["type"] == "internal", "ContextType 'incall' cannot be associated")
        _need(_inside(extension["exten"], context["user_ranges"]), "outside of range")
        _need(self.lines[line]["extension"] in (None, number), "Line is associated with a Extension")
        others = [o for o in self.lines.values() if o["extension"] == number and o["id"] != line]
        _need(all(o["user"] == user for o in others), "Line is associated with a Extension")
        self.lines[line]["extension"] = number

    # -- documents -----------------------------------------------------------------------------------------------

    def _exten(self, number: int | None) -> str:
        return self.extensions[number]["exten"] if number in self.extensions else ""

    def _number_of_user(self, uuid: str) -> str:
        return next(
            (
                self._exten(line["extension"])
                for line in self.lines.values()
                if line["user"] == uuid and line["extension"]
            ),
            "",
        )

    def _short(self, number: int | None) -> list[dict[str, Any]]:
        return [dict(self.extensions[number])] if number in self.extensions else []

    def _user_document(self, user: dict[str, Any]) -> dict[str, Any]:
        mine = [line["id"] for line in self.lines.values() if line["user"] == user["uuid"]]
        lines = [{"id": number} for number in sorted(mine, key=lambda one: one != self.main.get(user["uuid"]))]
        box = next(
            ({"id": b["id"], "name": b["name"]} for b in self.voicemails.values() if b["user"] == user["uuid"]), None
        )
        return {**user, "lines": lines, "voicemail": box}

    def _line_document(self, line: dict[str, Any]) -> dict[str, Any]:
        options = [["username", line["username"]]] if line["username"] else []
        sip = {"uuid": line["endpoint"], "label": line["label"], "name": line["name"], "auth_section_options": options}
        return {
            "id": line["id"], "context": line["context"], "position": line["position"], "device_id": line["device_id"],
            "endpoint_sip": sip if line["endpoint"] else None, "extensions": self._short(line["extension"]),
            "users": [{"uuid": line["user"]}] if line["user"] else [], "is_webrtc": line["webrtc"],
        }  # fmt: skip

    def _extension_document(self, extension: dict[str, Any]) -> dict[str, Any]:
        number = extension["id"]
        return {
            **extension,
            "lines": [{"id": line["id"]} for line in self.lines.values() if line["extension"] == number],
            "incall": next(({"id": i["id"]} for i in self.incalls.values() if i["extension"] == number), None),
            "group": next(({"uuid": g["uuid"]} for g in self.groups.values() if g["extension"] == number), None),
            "conference": None, "parking_lot": None, "outcall": None, "queue": None,
        }  # fmt: skip

    def _incall_document(self, incall: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": incall["id"], "destination": dict(incall["destination"]),
            "extensions": self._short(incall["extension"]),
        }  # fmt: skip

    def _voicemail_document(self, box: dict[str, Any]) -> dict[str, Any]:
        return {**box, "users": [{"uuid": box["user"]}] if box["user"] else []}

    def _group_document(self, group: dict[str, Any]) -> dict[str, Any]:
        members = {"users": [{"uuid": uuid} for uuid in group["members"]], "extensions": []}
        return {**group, "extensions": self._short(group["extension"]), "members": members}

    def _pickup_document(self, pickup: dict[str, Any]) -> dict[str, Any]:
        sides = {s: {"groups": [], "users": [{"uuid": u} for u in pickup[s]]} for s in ("interceptors", "targets")}
        return {"id": pickup["id"], "name": pickup["name"], **sides}

    def _device_document(self, device: dict[str, Any]) -> dict[str, Any]:
        on_it = any(line["device_id"] == device["id"] for line in self.lines.values())
        config = device["id"] if on_it else f"autoprov{device['id']}"
        return {**device, "configured": bool(device["plugin"]), "config": config}


def _inside(exten: str, ranges: list[dict[str, Any]]) -> bool:
    return any(len(r["start"]) == len(exten) and r["start"] <= exten <= r["end"] for r in ranges)


def apply_until_settled(
    tenant: Tenant,
    desired: StackState,
    *,
    applied: StackState | None = None,
    stop_after: int | None = None,
    passes: int = 6,
) -> int:
    """Send ready actions until nothing is due, or until `stop_after` requests; the number of passes that wrote.

    Raises AssertionError when the stack does not settle in `passes`, and Refusal when confd would refuse.
    """
    sent = 0
    for done in range(passes + 1):
        live = tenant.live(desired, applied)
        found = changes(desired, live, applied=applied)
        if not due(found):
            return done
        actions = ready_actions(found, live, desired=desired, applied=applied)
        assert actions, f"due but nothing ready: {[(c.verb, c.noun, c.key) for c in due(found)]}"
        for action in actions:
            if sent == stop_after:
                return done
            tenant.send(action)
            sent += 1
    raise AssertionError(f"not settled: {[(c.verb, c.noun, c.key, c.fields) for c in due(found)]}")
