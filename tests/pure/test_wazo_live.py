"""Are the documents of a real Wazo read as what they are?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from staging.core.words import Extension
from staging.wazo.live import read_device, read_tenant
from staging.wazo.raw import RawTenant

RECORDINGS = Path(__file__).parent.parent / "recordings"


def exchanges(name: str) -> Iterator[dict[str, Any]]:
    for line in (RECORDINGS / f"{name}.jsonl").read_text("utf-8").splitlines():
        exchange = json.loads(line)
        if not exchange.get("observation"):
            yield exchange


def answer(name: str, seq: int) -> Any:
    return next(exchange["response_body"] for exchange in exchanges(name) if exchange["seq"] == seq)


def test_the_nested_user_is_read_back_whole() -> None:
    live = read_tenant(
        RawTenant(
            tenant=answer("01-setup", 9),
            contexts=tuple(answer("01-setup", 15)["items"]),
            users=(answer("02-nested", 3),),
            lines=(answer("02-nested", 4),),
            extensions=tuple(answer("02-nested", 11)["items"]),
            voicemails=tuple(answer("02-nested", 9)["items"]),
            incalls=tuple(answer("02-nested", 10)["items"]),
            auth_users=(answer("02-nested", 12),),
        )
    )
    (user,), (line,), (box,), (incall,) = live.users, live.lines, live.voicemails, live.incalls
    assert (user.extension, user.voicemail, line.user, box.user) == ("8001", box.id, user.uuid, user.uuid)
    assert (line.kind, line.username, line.position, line.device) == ("sip", "anne8001", 1, None)
    assert (incall.did, incall.target_type, incall.target_id) == ("33970659301", "user", user.id)
    assert {extension.number: extension.use for extension in live.extensions} == {
        "33970659301": "incall",
        "8001": "lines",
    }
    assert live.accounts[0].uuid == user.uuid
    internal = next(context for context in live.contexts if context.type == "internal")
    assert (line.context, internal.includes) == (internal.name, (4,))


def test_a_line_without_credentials_says_so() -> None:
    (line,) = read_tenant(RawTenant({}, lines=(answer("02-nested", 15),))).lines
    assert (line.extension, line.username) == (Extension("8002"), None)


def test_a_silent_incall_keeps_its_did() -> None:
    (incall,) = read_tenant(RawTenant({}, incalls=(answer("03-flat", 36),))).incalls
    assert (incall.did, incall.target_type, incall.target_id) == ("33970659310", "none", None)


def test_a_group_and_its_keys_are_read() -> None:
    live = read_tenant(RawTenant({}, groups=(answer("03-flat", 48),), funckeys={"u": answer("03-flat", 43)}))
    (group,), (key,) = live.groups, live.function_keys["u"]
    assert (group.label, group.extension, len(group.members)) == ("Sales", "8201", 1)
    assert key.document == {
        "blf": True,
        "label": "Anne",
        "destination": {"exten": "8001", "href": None, "type": "custom"},
    }


def test_provds_and_confds_words_on_a_device_agree() -> None:
    asleep, configured = (answer("05-devices", seq)["device"] for seq in (3, 14))
    assert (read_device(asleep).status, read_device(configured).status) == ("autoprov", "configured")
    assert read_device(answer("05-devices", 10)).status == "configured"
    waiting, browser = (read_device(document) for document in answer("05-devices", 36)["items"])
    assert (waiting.new, waiting.mac, browser.mac) == (True, "80:5e:c0:44:55:66", None)


def test_every_recorded_list_is_read_without_a_word() -> None:
    kinds = {"users": "users", "lines": "lines", "extensions": "extensions", "incalls": "incalls",
             "voicemails": "voicemails", "groups": "groups", "contexts": "contexts", "devices": "devices"}  # fmt: skip
    read = 0
    for name in ("02-nested", "03-flat", "05-devices", "11-redo-undo", "14-device-repair"):
        for exchange in exchanges(name):
            kind = exchange["path"].split("?")[0].removeprefix("/1.1/")
            body = exchange["response_body"]
            if (
                exchange["method"] == "GET"
                and exchange["status"] == 200
                and kind in kinds
                and "view=" not in exchange["path"]
            ):
                live = read_tenant(RawTenant({}, **{kinds[kind]: tuple(body["items"])}))
                read += len(getattr(live, kinds[kind]))
                assert len(getattr(live, kinds[kind])) == len(body["items"])
    assert read > 20
