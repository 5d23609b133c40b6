"""Does every command keep the terminal's promises? Exit status, one line per error, JSON alone on standard output."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from sqlalchemy import select

from staging.adapters.store.tables import timeline
from staging.cli import COMMANDS, main
from staging.commands import rehearsal
from staging.commands.home_lock import hold
from staging.core.faults import Refused
from staging.core.messages import say
from staging.desk import orders
from staging.jobs.job import STEPS
from staging.sandbox.serve import Served, serve
from tests.fakes.house import (
    BY,
    CRECHE,
    SAMPLES,
    SIRET,
    counts,
    make_house,
    order_on,
    ready_box,
    settle_in,
    shared_stack,
    work,
)  # fmt: skip
from tests.fakes.terminal import Terminal

ORDER = ("order", "new", "--customer", "Atelier Bleu", "--stack", "partage")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    settle_in(tmp_path / "home")
    return Terminal(tmp_path / "home")


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with serve(configured=True) as served:
        yield served


@pytest.fixture
def password(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text("sandbox\n")
    return str(file)


def leaves(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield words
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*words, name))


LEAVES = list(leaves(main))


def add_stack(terminal: Terminal, url: str, password: str) -> None:
    said = terminal.run("stack", "add", "partage", "--kind", "on-cloud", "--url", url, "--password-file", password)
    assert (said.status, said.out) == (0, "partage\n"), said.err


# Help


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_a_help_with_an_example(terminal: Terminal, words: tuple[str, ...]) -> None:
    said = terminal.run(*words, "--help")
    assert (said.status, said.err) == (0, "")
    assert "Example" in said.out


def test_every_command_that_the_product_promises_is_there() -> None:
    promised = """serve · demo · worker · sandbox · plan check · plan blank · portal add · stack add · stack list ·
        stack show · stack check · order new · order list · order changes · order apply · order status · order resume ·
        order verify · order undo · appliance add · appliance list · appliance show · appliance arm · preseed show ·
        preseed check · preseed boot-media iso · preseed boot-media dnsmasq · preseed boot-media ipxe · phones list ·
        phones scan · phones match · labels preview · labels print · db upgrade · db backup · db restore · user add ·
        user token add · user hook add · doctor"""
    there = {" ".join(words) for words in LEAVES}
    missing = {name.strip() for name in promised.split("·")} - there
    assert missing == set()
    assert {name.split(" ")[0] for name in there} == set(COMMANDS)


# Errors: one line each, in the reader's language, with a status


WRONG_USE = [
    (("order", "new"), "option-missing"),
    ((*ORDER, "--siret", SIRET, "--plan", "/nowhere/plan.xlsx"), "option-file"),
    (("order", "list", "--colour"), "option-unknown"),
    (("stack", "add", "x", "--kind", "sideways"), "option-choice"),
    (("stack", "show", "a", "b"), "wrong-use"),
    (("orders",), "wrong-use"),
    (("order", "shred"), "wrong-use"),
    (("demo", "--port", "many"), "option-number"),
    (("plan", "check", "/nowhere/plan.xlsx"), "option-file"),
    (("stack", "show", "nulle-part"), "unknown-stack"),
    (("stack", "check", "nulle-part"), "unknown-stack"),
    (("order", "status", "zzzzzz"), "unknown-order"),
    (("order", "changes", "zzzzzz"), "unknown-order"),
    (("order", "apply", "zzzzzz", "--yes"), "unknown-order"),
    (("order", "resume", "zzzzzz"), "unknown-order"),
    (("order", "verify", "zzzzzz"), "unknown-order"),
    (("phones", "list", "zzzzzz"), "unknown-order"),
    (("appliance", "show", "SN0042"), "unknown-serial"),
    (("appliance", "show", "?"), "bad-serial"),
    (("appliance", "add", "?", "--model", "DH670"), "bad-serial"),
    (("appliance", "add", "SN0042", "--model", "DH1"), "unknown-model"),
    (("appliance", "arm", "SN0042", "--yes"), "unknown-serial"),
    (("user", "hook", "add", "install"), "bad-hook-source"),
    (("serve", "--http", "here:http"), "bad-listen-address"),
    (("serve", "--workers", "0"), "option-number"),
    (("worker", "--at-once", "0"), "option-number"),
    (("demo", "--port", "65535"), "option-number"),
    (("user", "add", "a/b", "--role", "admin"), "bad-name"),
    (("user", "add", "cam\nille", "--role", "admin"), "bad-name"),
    (("user", "token", "add", ""), "bad-name"),
    (("user", "hook", "add", "x" * 65), "bad-hook-source"),
    (("user", "remove", "camille", "--yes"), "unknown-operator"),
    (("user", "link", "camille"), "unknown-operator"),
    (("user", "token", "remove", "mur", "--yes"), "unknown-token"),
    (("stack", "add", "a/b", "--kind", "on-premise"), "bad-name"),
    (("stack", "add", "a", "--kind", "on-premise", "--url", "http://moi:sesame@host"), "bad-url"),
    (("stack", "add", "a", "--kind", "on-premise", "--confd-url", "http://[::1"), "bad-url"),
    (("printer", "add", "", "--url", "cups:p", "--sheet", "roll-100x50"), "bad-name"),
    (("order", "status", "\udcff"), "wrong-use"),
]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(("words", "code"), WRONG_USE, ids=[" ".join(words)[:60] for words, _ in WRONG_USE])
def test_wrong_use_ends_with_2_and_one_line_that_says_the_next_move(
    tmp_path: Path, words: tuple[str, ...], code: str, lang: str
) -> None:
    said = Terminal(tmp_path / "home", lang).run(*words, STAGING_BENCH_URL="http://preseed")
    assert (said.status, said.out, said.codes) == (2, "", [code]), said.err
    assert "{" not in said.err
    assert "Traceback" not in said.err
    assert "sesame" not in said.err


def test_an_order_with_several_things_wrong_gets_a_line_for_each(
    terminal: Terminal, sandbox: Served, password: str
) -> None:
    add_stack(terminal, sandbox.url, password)
    said = terminal.run(*ORDER, "--siret", "1", "--serial", "?", "--extensions", "9", "--plan", str(CRECHE))
    assert (said.status, said.out) == (2, "")
    assert said.codes == ["bad-siret", "bad-extension-range", "bad-serial"]


def test_a_file_that_is_no_workbook_opens_no_order(
    terminal: Terminal, sandbox: Served, password: str, tmp_path: Path
) -> None:
    add_stack(terminal, sandbox.url, password)
    junk = tmp_path / "plan.xlsx"
    junk.write_bytes(b"not a workbook")
    said = terminal.run(*ORDER, "--siret", SIRET, "--plan", str(junk))
    assert (said.status, said.out, len(said.complaints)) == (2, "", 1)
    assert terminal.run("order", "list", "--json").json == []


def test_a_workbook_with_errors_opens_the_order_and_ends_with_1(
    terminal: Terminal, sandbox: Served, password: str
) -> None:
    add_stack(terminal, sandbox.url, password)
    said = terminal.run(*ORDER, "--siret", SIRET, "--plan", str(SAMPLES / "plan-with-faults.xlsx"))
    assert said.status == 1
    order = said.out.split()[-1]
    assert any("!" in line.partition(":")[0] for line in said.complaints[:-1]), "each names its cell"
    assert terminal.run("order", "status", order, "--json").json["id"] == order


def test_a_stack_that_does_not_answer_ends_with_3(terminal: Terminal, password: str) -> None:
    add_stack(terminal, "http://127.0.0.1:9", password)
    said = terminal.run("stack", "check", "partage")
    assert said.status == 3
    assert "Traceback" not in said.err + said.out


@pytest.mark.parametrize(
    ("content", "code"), [(b"\n", "password-file-empty"), (b"\xff\xfe", "password-file-unreadable")]
)
def test_a_password_file_without_a_password_is_refused(
    terminal: Terminal, tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "password").write_bytes(content)
    said = terminal.run(
        "stack", "add", "partage", "--kind", "on-cloud", "--url", "http://127.0.0.1:9",
        "--password-file", str(tmp_path / "password"),
    )  # fmt: skip
    assert (said.status, said.codes) == (2, [code])


def test_nonsense_in_the_environment_is_told_all_at_once(terminal: Terminal) -> None:
    said = terminal.run("order", "list", DATABASE_URL="mysql://h/x", STAGING_TRUSTED_PROXY="perhaps")
    assert (said.status, said.codes) == (2, ["setting-nonsense", "setting-nonsense"])


# A machine on which something is broken


def test_a_broken_database_file_is_one_line_and_3(terminal: Terminal) -> None:
    terminal.home.mkdir(exist_ok=True)
    (terminal.home / "staging.db").write_bytes(b"a letter to my aunt" * 99)
    said = terminal.process("order", "list")
    assert (said.status, said.out, said.codes) == (3, "", ["database-unusable"]), said.err


def test_a_database_of_a_later_version_is_one_line_and_stays_as_it_is(terminal: Terminal) -> None:
    house = make_house(terminal.home)
    with house.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    house.store.database.close()
    said = terminal.run("order", "list")
    assert (said.status, said.codes) == (3, ["database-unusable"])


def test_a_key_that_is_none_is_one_line_and_2(terminal: Terminal) -> None:
    terminal.home.mkdir(exist_ok=True)
    (terminal.home / "secret.key").write_text("not a key")
    said = terminal.process("order", "list")
    assert (said.status, said.out, said.codes) == (2, "", ["key-unusable"]), said.err


def test_another_databases_key_is_one_line_and_2(terminal: Terminal, sandbox: Served, password: str) -> None:
    add_stack(terminal, sandbox.url, password)
    (terminal.home / "secret.key").unlink()
    said = terminal.run("stack", "check", "partage")
    assert (said.status, said.codes) == (2, ["key-does-not-fit"])


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = Terminal(tmp_path / "file" / "home").run("order", "list")
    assert (said.status, len(said.complaints)) == (2, 1), said.err


@pytest.mark.parametrize("command", ["serve", "demo", "sandbox"])
def test_a_taken_port_is_one_line_and_leaves_nothing_behind(terminal: Terminal, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        asked = {
            "serve": ("serve", "--http", f"127.0.0.1:{port}", "--https", "127.0.0.1:0"),
            "demo": ("demo", "--port", port),
            "sandbox": ("sandbox", "--port", port),
        }[command]
        said = terminal.process(*asked, STAGING_BENCH_URL="http://preseed")
    assert said.status in (2, 3)
    assert "Traceback" not in said.err
    assert port in said.err
    assert len(said.complaints) == 1, said.err


@pytest.mark.parametrize("plan", ["plan-creche.xlsx", pytest.param("plan-atelier-bleu.xlsx", marks=pytest.mark.slow)])
def test_the_demo_takes_a_sample_to_its_acceptance_and_counts_it_back(terminal: Terminal, plan: str) -> None:
    said = terminal.process("demo", "--once", "--json", "--plan", str(SAMPLES / plan))
    assert said.status == 0, said.err
    found = said.json
    assert found["accepted"] is True
    assert found["asked"] == found["found"]
    assert min(found["asked"][what] for what in ("users", "voicemails", "devices", "labels")) > 0
    assert {step["status"] for step in found["steps"]} == {"done"}
    assert found["timeline"][0]["event"] == "box-registered"
    assert any(line["event"].startswith("order-accepted") for line in found["timeline"][-3:])


def test_a_second_demo_leaves_the_folder_of_the_first_one_alone(tmp_path: Path) -> None:
    kept = tmp_path / "demo" / "staging.db"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("in use")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = rehearsal.Ports(0, 0, taken.getsockname()[1])
        with pytest.raises(Refused) as caught:
            rehearsal.start(kept.parent, ports=ports, environ={})
    assert caught.value.faults[0].code == "port-unusable"
    assert kept.read_text() == "in use"


def test_a_second_demo_on_other_ports_leaves_the_folder_of_the_first_one_alone(terminal: Terminal) -> None:
    kept = terminal.home / "demo" / "staging.db"
    kept.parent.mkdir(parents=True)
    kept.write_text("in use")
    with hold(kept.parent):
        said = terminal.run("demo", "--port", "18080")
    assert (said.status, said.codes) == (2, ["demo-runs"])
    assert kept.read_text() == "in use"


# Questions without a terminal


def test_what_would_ask_ends_with_2_where_nobody_can_answer(
    terminal: Terminal, sandbox: Served, password: str, tmp_path: Path
) -> None:
    add_stack(terminal, sandbox.url, password)
    order = terminal.run(*ORDER, "--siret", SIRET, "--plan", str(CRECHE)).out.split()[-1]
    terminal.run("appliance", "add", "SN0042", "--model", "DH670")
    backup = tmp_path / "backup.tar.gz"
    terminal.run("db", "backup", str(backup))
    for words in (("appliance", "arm", "SN0042"), ("db", "restore", str(backup))):
        said = terminal.run(*words)
        assert (said.status, said.out) == (2, ""), words
        assert "--yes" in said.err
    said = terminal.process("order", "apply", order)
    assert said.status == 2
    assert "--yes" in said.err
    assert "Traceback" not in said.err
    assert counts(sandbox, terminal.run("order", "status", order, "--json").json["tenant_uuid"]).get("users", 0) == 0


# JSON


def test_json_is_one_document_and_nothing_else(terminal: Terminal, tmp_path: Path, sandbox: Served) -> None:
    house = make_house(terminal.home)
    shared_stack(house, sandbox.url)
    ready_box(house)
    order = order_on(house, "partage")
    house.store.database.close()
    assert [one["name"] for one in terminal.run("stack", "list", "--json").json] == ["partage"]
    assert terminal.run("stack", "show", "partage", "--json").json["url"] == sandbox.url
    assert {one["ok"] for one in terminal.run("stack", "check", "partage", "--json").json} == {True}
    assert [one["serial"] for one in terminal.run("appliance", "list", "--json").json] == ["SN0042"]
    assert terminal.run("appliance", "show", "SN0042", "--json").json["model"] == "DH670"
    assert [one["id"] for one in terminal.run("order", "list", "--json").json] == [order.id]
    document = terminal.run("order", "status", order.id, "--json").json
    assert [step["status"] for step in document["steps"]] == ["to-do"] * 8
    assert "sandbox" not in str(document)


# A whole order from the terminal


def test_an_order_is_opened_applied_verified_and_seen_from_the_terminal(
    terminal: Terminal, sandbox: Served, password: str
) -> None:
    add_stack(terminal, sandbox.url, password)
    made = terminal.run(*ORDER, "--siret", SIRET, "--plan", str(CRECHE))
    assert made.status == 0, made.err
    order = made.out.split()[-1]
    applied = terminal.process("order", "apply", order, "--yes")
    assert applied.status == 0, applied.err
    assert "Traceback" not in applied.err
    changes = terminal.run("order", "changes", order, "--json").json
    assert changes["changes"] == []
    again = terminal.process("order", "apply", order, "--yes")
    assert (again.status, "Traceback" in again.err) == (0, False), again.err
    status = terminal.run("order", "status", order, "--json").json
    assert {step["name"]: step["status"] for step in status["steps"]}["provision"] == "done"
    assert counts(sandbox, status["tenant_uuid"])["users"] == 6
    verified = terminal.run("order", "verify", order, "--json")
    assert (verified.status, {one["noun"] for one in verified.json}) == (1, {"device"})


def test_a_second_plan_is_given_from_the_terminal_and_one_with_errors_is_kept_beside(
    terminal: Terminal, sandbox: Served, password: str
) -> None:
    add_stack(terminal, sandbox.url, password)
    order = terminal.run(*ORDER, "--siret", SIRET, "--plan", str(CRECHE)).out.split()[-1]
    worse = terminal.run("order", "plan", order, str(SAMPLES / "plan-with-faults.xlsx"))
    assert (worse.status, worse.out) == (1, "")
    assert terminal.run("order", "plan", order, str(CRECHE)).status == 0
    house = make_house(terminal.home)
    assert [(one.version, one.ok) for one in house.store.plans.versions(order)] == [(3, True), (2, False), (1, True)]
    house.store.database.close()


def test_a_command_works_on_its_own_order_alone(terminal: Terminal, sandbox: Served, password: str) -> None:
    add_stack(terminal, sandbox.url, password)
    first, second = (terminal.run(*ORDER, "--siret", SIRET, "--plan", str(CRECHE)).out.split()[-1] for _ in range(2))
    said = terminal.process("order", "resume", second)
    assert (said.status, "Traceback" in said.err) == (0, False), said.err
    steps = {one: terminal.run("order", "status", one, "--json").json["steps"] for one in (first, second)}
    assert {step["status"] for step in steps[first]} == {"to-do"}
    assert [step["status"] for step in steps[second]].count("to-do") < 8


def test_a_printer_is_added_and_listed(terminal: Terminal, tmp_path: Path) -> None:
    url = f"folder://{tmp_path}"
    assert terminal.run("printer", "add", "bench", "--url", url, "--sheet", "roll-100x50").out == "bench\n"
    listed = terminal.run("printer", "list", "--json").json
    made = {"language": "pdf", "dpi": 203, "dx_mm": 0.0, "dy_mm": 0.0}
    assert listed == [{"name": "bench", "url": url, "sheet": "roll-100x50", **made}]
    assert terminal.run("printer", "add", "b", "--url", url, "--sheet", "papyrus").codes == ["unknown-sheet"]
    assert terminal.run("printer", "add", "b", "--url", "ftp://x", "--sheet", "l7159").status == 2
    assert terminal.run("printer", "add", "bench", "--url", url, "--sheet", "l7159").codes == ["printer-exists"]


def test_an_applied_order_is_taken_back_from_the_terminal(terminal: Terminal, sandbox: Served, password: str) -> None:
    add_stack(terminal, sandbox.url, password)
    order = terminal.run(*ORDER, "--siret", SIRET, "--plan", str(CRECHE)).out.split()[-1]
    assert terminal.run("order", "undo", order, "--yes").codes == ["nothing-to-undo"]
    assert terminal.process("order", "apply", order, "--yes").status == 0
    tenant = terminal.run("order", "status", order, "--json").json["tenant_uuid"]
    assert counts(sandbox, tenant)["users"] == 6
    assert terminal.process("order", "undo", order, "--expect", "000000000000", "--yes").codes == ["changes-moved"]
    undone = terminal.process("order", "undo", order, "--yes")
    assert (undone.status, "Traceback" in undone.err) == (0, False), undone.err
    assert counts(sandbox, tenant).get("users", 0) == 0
    assert terminal.run("order", "undo", order, "--yes").codes == ["nothing-to-undo"]
    assert len(terminal.run("order", "changes", order, "--json").json["changes"]) > 6


def test_changes_that_moved_are_not_applied_and_end_with_2(terminal: Terminal, sandbox: Served, password: str) -> None:
    add_stack(terminal, sandbox.url, password)
    order = terminal.run(*ORDER, "--siret", SIRET, "--plan", str(CRECHE)).out.split()[-1]
    said = terminal.process("order", "apply", order, "--expect", "000000000000", "--yes")
    assert (said.status, said.codes[-1]) == (2, "changes-moved"), said.err


def test_a_silent_stack_ends_apply_with_3_and_the_order_is_still_there(terminal: Terminal, password: str) -> None:
    add_stack(terminal, "http://127.0.0.1:9", password)
    order = terminal.run(*ORDER, "--siret", SIRET, "--plan", str(CRECHE)).out.split()[-1]
    said = terminal.process("order", "apply", order, "--yes")
    assert (said.status, said.codes[-1]) == (3, "stack-silent"), said.err
    steps = tuple(say(f"step-{name}", "fr") for name in STEPS)
    assert [line for line in said.complaints[:-1] if not line.startswith(steps)] == []
    assert f"step failed event=step_failed job={order}" in (terminal.home / "worker.log").read_text()
    step = terminal.run("order", "status", order, "--json").json["steps"][2]
    assert (step["name"], step["status"], step["fault"]["code"]) == ("register", "waiting", "stack-silent")


def test_a_wrong_password_ends_apply_with_2(terminal: Terminal, sandbox: Served, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("autre")
    add_stack(terminal, sandbox.url, str(tmp_path / "wrong"))
    order = terminal.run(*ORDER, "--siret", SIRET, "--plan", str(CRECHE)).out.split()[-1]
    said = terminal.process("order", "apply", order, "--yes")
    assert (said.status, said.codes[-1]) == (2, "stack-password"), said.err


def test_scans_are_read_line_by_line_and_junk_ends_with_1(terminal: Terminal, sandbox: Served) -> None:
    house = make_house(terminal.home)
    shared_stack(house, sandbox.url)
    order = order_on(house, "partage")
    work(house, order.id)
    orders.approve(house.desk, order.id, expect=None, by=BY)
    house.store.database.close()
    said = terminal.run("phones", "scan", order.id, "--seat", "8000", stdin="junk\n\n02:00:00:00:00:01\n")
    assert (said.status, said.codes) == (1, ["scan-unknown"])
    assert "8000" in said.out
    found = terminal.run("phones", "list", order.id, "--json").json
    assert {row["key"]: row["mac"] for row in found["wanted"]}["8000"] == "02:00:00:00:00:01"


# Links and tokens


def test_a_person_without_a_password_gets_a_link_once(terminal: Terminal) -> None:
    said = terminal.run("user", "add", "camille", "--role", "manager", STAGING_WEB_URL="https://bench.example")
    assert said.status == 0
    assert said.out.startswith("https://bench.example/signin/")
    assert terminal.run("user", "add", "camille", "--role", "admin").codes == ["operator-exists"]


def test_a_person_gets_another_link_and_another_password(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run("user", "add", "camille", "--role", "manager")
    said = terminal.run("user", "link", "camille", STAGING_WEB_URL="https://bench.example")
    assert said.out.startswith("https://bench.example/signin/")
    chosen = tmp_path / "camille.txt"
    chosen.write_text("court\n")
    assert terminal.run("user", "password", "camille", "--password-file", str(chosen)).codes == ["password-short"]
    chosen.write_text("dix caractères\n")
    assert terminal.run("user", "password", "camille", "--password-file", str(chosen)).status == 0
    opened = make_house(terminal.home)
    assert opened.store.people.check_password("camille", "dix caractères")
    assert opened.store.people.use_link(said.out.strip().rpartition("/")[2]) is None
    opened.store.database.close()


def test_people_and_tokens_are_taken_away_and_each_of_it_is_written_down(terminal: Terminal) -> None:
    terminal.run("user", "add", "camille", "--role", "manager")
    terminal.run("user", "token", "add", "mur")
    assert terminal.run("user", "list", "--json").json == [
        {"name": "camille", "role": "manager", "kind": "person"},
        {"name": "mur", "role": "screen", "kind": "token"},
    ]
    assert "chef de projet" in terminal.run("user", "list").out
    assert terminal.run("user", "remove", "camille", "--yes").status == 0
    assert terminal.run("user", "token", "remove", "mur", "--yes").status == 0
    opened = make_house(terminal.home)
    with opened.store.database.read() as connection:
        lines = [row.event for row in connection.execute(select(timeline.c.event).order_by(timeline.c.id))]
    assert opened.store.people.all() == opened.store.people.tokens() == ()
    opened.store.database.close()
    assert lines == ["operator-added", "signin-link-made", "token-added", "operator-removed", "token-removed"]


def test_a_password_that_was_shown_is_written_down_even_when_no_order_uses_it(
    terminal: Terminal, password: str
) -> None:
    add_stack(terminal, "http://127.0.0.1:9", password)
    assert terminal.run("stack", "reveal", "partage", "--yes").out == "sandbox\n"
    opened = make_house(terminal.home)
    with opened.store.database.read() as connection:
        found = (
            connection.execute(select(timeline.c.facts).where(timeline.c.event == "secret-revealed")).scalars().all()
        )
    opened.store.database.close()
    assert found == [{"secret": "engine-password", "stack": "partage"}]


def test_a_token_and_a_signing_key_are_shown_once(terminal: Terminal) -> None:
    first = terminal.run("user", "token", "add", "bench-wall").out
    assert first.startswith("st_")
    assert terminal.run("user", "hook", "add", "erp").out.strip()
    assert terminal.run("user", "token", "add", "bench-wall").codes == ["token-exists"]
    assert terminal.run("user", "hook", "add", "erp").codes == ["hook-source-exists"]


def test_a_plain_question_loads_nothing_that_draws_serves_migrates_or_keeps_jobs(terminal: Terminal) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "staging", "order", "list"],
        env=terminal.environ(), capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "sqlalchemy" in loaded
    assert loaded & {"reportlab", "zxingcpp", "flask", "alembic", "dbos", "openpyxl", "requests"} == set()
