"""Does the first boot install the telephone system whatever fails, and never twice what is done?"""

from pathlib import Path

import pytest

from preseed.links import Links
from preseed.scripts import FIRSTBOOT_STAGES, render_script
from tests.fakes.preseed import SHELLS, TICKETS, Bench, Box, box
from webhooks.events import EngineReady, InstallProgressed, LogReceived

# curl as the first boot uses it: reports go to the real bench, questions to the engine are answered here.
CURL = """
echo "curl $*" >>"$CALLS"
case $* in
*https://localhost/api/auth*) exit ${ENGINE_EXIT:-0} ;;
*https://localhost/api/confd*) echo '{"configurable": true, "configured": false}' ;;
*) exec /usr/bin/curl "$@" --retry 0 ;;
esac
"""

TOOLS = {
    "system": ("locale-gen", 'echo "locale-gen $*" >>"$CALLS"'),
    "packages": ("apt-get", 'echo "apt-get $*" >>"$CALLS"'),
    "clone": ("git", 'echo "git $*" >>"$CALLS"; case $1 in clone) mkdir -p "$4" ;; esac'),
    "roles": ("ansible-galaxy", 'echo "ansible-galaxy $*" >>"$CALLS"'),
    "playbook": ("ansible-playbook", 'echo "ansible-playbook $*" >>"$CALLS"'),
    "health": ("curl", CURL),
    "ready": ("dpkg-query", "echo 26.04"),
}


@pytest.fixture
def machine(tmp_path: Path) -> Box:
    machine = Box(tmp_path)
    (machine.root / "usr/src").mkdir(parents=True)
    machine.command("hostname", 'echo "hostname $*" >>"$CALLS"')
    machine.command("dpkg", 'echo "dpkg $*" >>"$CALLS"')
    machine.command("sync", ":")
    for name, body in TOOLS.values():
        machine.command(name, body)
    return machine


def firstboot(bench: Bench) -> str:
    return render_script("firstboot", box(), links=Links(bench.base), tickets=TICKETS)


def steps(bench: Bench) -> list[str]:
    return [event.step.removeprefix("firstboot-") for event in bench.events if isinstance(event, InstallProgressed)]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_first_boot_goes_through_every_stage_and_says_where_the_engine_is(machine: Box, shell: str) -> None:
    bench = Bench()
    with bench.listening():
        done = machine.run(firstboot(bench), shell=shell)
    assert done.returncode == 0, (machine.root / "var/log/staging-firstboot.log").read_text()
    assert steps(bench) == ["begin", *FIRSTBOOT_STAGES]
    (ready,) = [event for event in bench.events if isinstance(event, EngineReady)]
    assert ready.hook_address == "127.0.0.1"
    assert (machine.root / "var/lib/staging/firstboot.done").exists()


def test_a_port_that_comes_up_late_loses_no_report(machine: Box) -> None:
    bench = Bench()
    late = (
        f'[ "$(cat {machine.root}/asked 2>/dev/null | wc -l)" -ge 3 ] || {{ echo x >>{machine.root}/asked; exit 7; }}'
    )
    machine.command("curl", f"{late}\n{CURL}")
    with bench.listening():
        done = machine.run(firstboot(bench))
    assert done.returncode == 0
    assert steps(bench)[:2] == ["begin", "system"]
    assert machine.calls.count("sleep 2") == 3


def test_the_playbook_is_the_pinned_one_and_leaves_the_wizard_alone(machine: Box) -> None:
    bench = Bench()
    with bench.listening():
        machine.run(firstboot(bench))
    assert any(call.startswith("git clone --quiet http://git.bench.lan/wazo-ansible") for call in machine.calls)
    assert any("checkout --quiet wazo-26.04" in call for call in machine.calls)
    assert "ansible-galaxy install -r requirements-postgresql.yml" in machine.calls
    (played,) = [call for call in machine.calls if call.startswith("ansible-playbook")]
    assert played.startswith("ansible-playbook -i inventories/uc-engine --extra-vars @")
    variables = (machine.root / "var/lib/staging/wazo.json").read_text()
    assert '"engine_api_configure_wizard": "false"' in variables
    assert '"wazo_distribution": "pelican-bookworm"' in variables
    assert '"wazo_locale": "en_US.UTF-8"' in variables


@pytest.mark.parametrize("stage", FIRSTBOOT_STAGES[:5])
def test_a_stage_that_fails_is_tried_three_times_and_brings_its_log(machine: Box, stage: str) -> None:
    name, _ = TOOLS[stage]
    machine.command(name, f'echo "{name} failing" >>"$CALLS"; echo "no route to host"; exit 1')
    bench = Bench()
    with bench.listening():
        assert machine.run(firstboot(bench)).returncode == 1
    assert machine.calls.count(f"{name} failing") == 3
    *_, told, log = bench.events
    assert isinstance(told, InstallProgressed)
    assert (told.step, told.failed, told.detail) == (f"firstboot-{stage}-failed", True, "no route to host")
    assert isinstance(log, LogReceived)
    assert (log.name, "no route to host" in log.text) == ("firstboot", True)
    assert not (machine.root / "var/lib/staging/firstboot.done").exists()


@pytest.mark.parametrize("stage", FIRSTBOOT_STAGES[:5])
def test_after_a_failure_the_work_goes_on_where_it_stopped(machine: Box, stage: str) -> None:
    name, body = TOOLS[stage]
    machine.command(name, "exit 1")
    bench = Bench()
    with bench.listening():
        machine.run(firstboot(bench))
        machine.command(name, body)
        bench.events.clear()
        assert machine.run(firstboot(bench)).returncode == 0
    left = FIRSTBOOT_STAGES[FIRSTBOOT_STAGES.index(stage) :]
    assert steps(bench) == ["begin", *left]


@pytest.mark.parametrize("stage", FIRSTBOOT_STAGES[:5])
def test_a_power_cut_inside_a_stage_repeats_that_stage_only(machine: Box, stage: str) -> None:
    name, body = TOOLS[stage]
    # The shell's own process group dies with the tool, as everything does in a power cut.
    machine.command(name, f"{body}\nkill -9 $PPID")
    bench = Bench()
    with bench.listening():
        machine.run(firstboot(bench))
        assert not (machine.root / "var/lib/staging/done" / stage).exists()
        machine.command(name, body)
        bench.events.clear()
        assert machine.run(firstboot(bench)).returncode == 0
    assert steps(bench) == ["begin", *FIRSTBOOT_STAGES[FIRSTBOOT_STAGES.index(stage) :]]


def test_an_engine_that_never_gets_healthy_is_told_and_not_called_ready(machine: Box) -> None:
    bench = Bench()
    with bench.listening():
        done = machine.run(firstboot(bench), more={"ENGINE_EXIT": "22"})
    assert done.returncode == 1
    assert "health-failed" in steps(bench)
    assert not any(isinstance(event, EngineReady) for event in bench.events)


def test_a_bench_that_is_away_is_waited_for_before_the_engine_is_called_ready(machine: Box) -> None:
    away = Bench(base="http://127.0.0.1:1")
    assert machine.run(firstboot(away)).returncode == 1
    assert sorted(path.name for path in (machine.root / "var/lib/staging/done").iterdir()) == sorted(
        FIRSTBOOT_STAGES[:6]
    )
    bench = Bench()
    with bench.listening():
        assert machine.run(firstboot(bench)).returncode == 0
    assert [type(event) for event in bench.events].count(EngineReady) == 1


def test_a_plain_debian_only_says_that_it_started(machine: Box) -> None:
    bench = Bench()
    with bench.listening():
        plain = render_script("firstboot", box(wazo=None), links=Links(bench.base), tickets=TICKETS)
        assert machine.run(plain).returncode == 0
    assert steps(bench) == ["begin", "done"]
    assert not any(call.startswith(("apt-get", "git", "ansible")) for call in machine.calls)
