"""What did the recorded requests do beside their answers, and does the sandbox do the same?

Two tables. Effects that a later answer of the recording shows: each is looked for in the recorded answer and in the
sandbox's own. Observations, read in the database or at a stand-in: each has a judge, or a reason why there is none.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.sandbox import Exchange, Observation, Replay

Shown = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that a request did beside its answer. at: the exchange whose answer shows it."""

    what: str
    at: str
    shown: Shown


def _status(wanted: str) -> Shown:
    return lambda answer: bool(answer["status"] == wanted)


def _ranges(*wanted: str) -> Shown:
    return lambda answer: [one["start"] for one in answer["incall_ranges"]] == list(wanted)


def _accounts(*wanted: int) -> Shown:
    """Which accounts a phone's file switches on."""
    return lambda text: [n for n in range(1, 10) if f"account.{n}.enable = 1" in text.splitlines()] == list(wanted)


def _items(count: int) -> Shown:
    return lambda answer: len(answer["items"]) == count


def _sip_lines(answer: Any) -> dict[str, Any]:
    lines: dict[str, Any] = answer["config"]["raw_config"]["sip_lines"]
    return lines


EFFECTS: tuple[Effect, ...] = (
    Effect("a nested DID outside the range adds a range of one", "02#24", _ranges("33970659300", "33970659455")),
    Effect("a short DID adds one although its last digits are in the range", "02#26", _ranges("0331235500", "5501")),
    Effect("both lines of a user are at position 1", "02#22", lambda a: [x["position"] for x in a["lines"]] == [1, 1]),
    Effect(
        "the answer to a nested creation does not know the caller id yet",
        "02#2",
        lambda answer: [line["caller_id_name"] for line in answer["lines"]] == [None],
    ),
    Effect("the line knows it a moment later", "02#3", lambda a: [x["caller_id_name"] for x in a["lines"]] != [None]),
    Effect("a changed name leaves the caller id", "03#18", lambda answer: answer["caller_id"] == '"Bob Durand"'),
    Effect("a recursive delete leaves the DID", "03#35", lambda answer: answer["exten"] == "33970659310"),
    Effect("and its incall, ringing nobody", "03#36", lambda answer: answer["destination"]["type"] == "none"),
    Effect("it takes the mailbox", "03#37", lambda answer: "Voicemail was not found" in str(answer)),
    Effect("and the login", "03#38", lambda answer: answer["error_id"] == "unknown-user"),
    Effect("a deleted line takes its endpoint", "04#11", lambda answer: "SIPEndpoint was not found" in str(answer)),
    Effect("one number may serve no second line", "04#45", lambda answer: len(answer["lines"]) == 1),
    Effect("a declared phone is not configured in the answer", "05#1", _status("not_configured")),
    Effect("and waits for a line when it is asked", "05#2", _status("autoprov")),
    Effect("an association configures the phone", "05#10", _status("configured")),
    Effect("and writes its file at once", "05#17", lambda text: "account.1.user_name = carl8040" in text),
    Effect("a key is in the file at once", "05#20", lambda text: "linekey.3.type = 16" in text),
    Effect("an operation of provd tells what 204 did not", "05#29", lambda answer: answer["status"] == "fail"),
    Effect("a phone nobody knows waits in the master tenant", "05#36", lambda a: a["items"][0]["is_new"]),
    Effect("given to a tenant it is no new one", "05#40", lambda answer: not answer["is_new"]),
    Effect("a nested line takes an unallocated phone along", "05#47", _status("configured")),
    Effect("the ninth handset is missing on a base of eight", "05#56", _accounts(1, 2)),
    Effect("of two lines in one slot a handset disappears", "05#60", _accounts(2)),
    Effect("and is back when the slot is its own", "05#62", _accounts(1, 2)),
    Effect("after a refused creation confd shows no line on the phone", "05#86", _items(0)),
    Effect("but provd keeps a ghost", "05#88", lambda answer: list(_sip_lines(answer)) == ["1"]),
    Effect("which a reset does not drive out", "05#91", _status("configured")),
    Effect("a reset phone waits for a line", "05#93", _status("autoprov")),
    Effect("and its line is on no phone", "05#94", lambda answer: answer["device_id"] is None),
    Effect("a reset base has lost all its lines", "05#98", _items(0)),
    Effect("a plain delete leaves a configured phone", "05#101", _status("configured")),
    Effect(
        "a redone user takes the leftover DID over", "11#11", lambda a: a["items"][0]["destination"]["type"] == "user"
    ),
    Effect("a plain delete leaves the line", "11#20", _items(2)),
    Effect("and the login", "11#21", lambda answer: answer["username"] == "u101@redo.example.com"),
    Effect("a recursive change without incalls takes the DID away", "11#26", lambda answer: answer["incalls"] == []),
    Effect("leaving its incall nobody", "11#27", lambda a: [i["destination"]["type"] for i in a["items"]] == ["none"]),
    Effect("the mailbox stays", "11#28", lambda a: sorted(i["number"] for i in a["items"]) == ["100", "102"]),
    Effect("one without lines deletes the lines", "11#30", lambda answer: answer["lines"] == []),
    Effect("and resets the phone", "11#31", _status("autoprov")),
    Effect("a recursive delete resets the phone", "14#7", _status("autoprov")),
    Effect("a late refusal leaves a ghost", "14#11", _status("configured")),
    Effect("a real line drives it out", "14#17", lambda answer: len(_sip_lines(answer)) == 1),
    Effect("and leaves the phone free", "14#19", _status("autoprov")),
    Effect("a free number is taken over", "14#22", lambda answer: len(answer["lines"]) == 1),
    Effect("an empty endpoint gives an empty login", "15#5", lambda answer: _sip_lines(answer)["1"]["username"] == ""),
    Effect("a number that two lines shared stays behind", "17#6", _items(1)),
    Effect("the lines do not", "17#7", _items(0)),
    Effect("one that was untied first goes", "17#11", _items(1)),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A sandbox where a recording was observed. last: the exchange before; before: its rows then."""

    replay: Replay
    last: Exchange
    before: Counter[str]

    @property
    def rows(self) -> Counter[str]:
        """How many of each thing there are now."""
        return rows_of(self.replay)


def rows_of(replay: Replay) -> Counter[str]:
    """How many of each thing a sandbox holds; provd's own memory is not rolled back, so it does not count."""
    db = replay.world.db
    names = "tenants contexts users lines endpoints templates extensions incalls voicemails groups pickups"
    counted = {name: len(getattr(db, name).all()) for name in names.split()}
    return Counter({**counted, "auth": len(replay.world.accounts.users)})


Judge = Callable[[Mapping[str, Any], Scene], tuple[object, object]]
"""What was seen, and what is seen here."""


def _nothing_left(said: Mapping[str, Any], scene: Scene) -> tuple[object, object]:
    now, then = scene.rows, scene.before
    return said["diff"], {name: now[name] - then[name] for name in now if now[name] != then[name]}


def _as_before(said: Mapping[str, Any], scene: Scene) -> tuple[object, object]:
    assert said["before"] == said["after"]
    return dict(scene.before), dict(scene.rows)


def _templates(said: Mapping[str, Any], scene: Scene) -> tuple[object, object]:
    newest = scene.replay.world.db.tenants.all()[-1]["uuid"]
    return 5, len(scene.replay.world.db.templates.where(tenant_uuid=newest))


def _woken(said: Mapping[str, Any], scene: Scene) -> tuple[object, object]:
    asked = [json.loads(row["body"])["Endpoint"] for row in said["rows"]]
    return asked, scene.replay.world.room.woken[-len(asked) :]


def _persisted(said: Mapping[str, Any], scene: Scene) -> tuple[object, object]:
    db, sent = scene.replay.world.db, scene.last.sent
    name = (sent["firstname"], sent.get("lastname"))
    users = [row for row in db.users.all() if (row["firstname"], row["lastname"]) == name]
    logins = {sent.get("email"), (sent.get("auth") or {}).get("username")} - {None}
    accounts = scene.replay.world.accounts.users.values()
    mine = [one for one in accounts if one["username"] in logins or one["uuid"] in {user["uuid"] for user in users}]
    return (said["users"], said["auth"]), (len(users), len(mine))


def _mailbox(said: Mapping[str, Any], scene: Scene) -> tuple[object, object]:
    return said["rows"][0][0], len(scene.replay.world.db.voicemails.where(number=scene.last.sent["number"]))


JUDGES: Mapping[str, Judge] = {
    "DB rows left behind by the failed request": _nothing_left,
    "delay between POST /tenants answered and confd having the 5 SIP templates": _templates,
    "last amid stand-in requests": _woken,
    "after sysconfd": _persisted,
    "after provd down": _persisted,
    "after rabbit down": _persisted,
    "voicemail 8062 persisted?": _mailbox,
    "rows after partly bad import": _as_before,
    "after dup import": _as_before,
    "after dup username import": _as_before,
    "auth users orphaned?": _as_before,
}
"""By how the observation begins."""

NOT_JUDGED: Mapping[str, str] = {
    "csv_": "a measure of time; the sandbox's latencies are another table",
    "nested_": "a measure of time; the sandbox's latencies are another table",
}
"""Observations that the sandbox cannot show, and why."""


def judge_of(one: Observation) -> Judge | None:
    """Who judges an observation; None for one that has a reason instead."""
    return next((judge for words, judge in JUDGES.items() if one.said["what"].startswith(words)), None)


def reason_of(one: Observation) -> str | None:
    """Why an observation has no judge."""
    return next((why for words, why in NOT_JUDGED.items() if one.said["what"].startswith(words)), None)
