"""How are changes carried out exactly once? Read, compare, send what can be sent, and look again.

Nothing is replayed: after a silence the stack is read back, and only what is still missing is sent. Each request
is written down before it goes out and closed when it is answered, so that a dead worker leaves an honest journal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import groupby

from staging.core.faults import DatabaseUnreachable, Fault, StackRefused, StackUnreachable, StagingError, Where
from staging.core.secret import Secret
from staging.core.words import LANGUAGES
from staging.jobs.job import Order, StepName
from staging.jobs.needs import Engine, Sent, StepNeeds
from staging.jobs.view import View
from staging.wazo.actions import ready_actions
from staging.wazo.change import Action, Change, Noun, due
from staging.wazo.diff import describe
from staging.wazo.state import SecretRef, fill_secrets, fill_uuid, secrets_in

_PASSES = 12
_SHOW_EVERY = timedelta(milliseconds=400)
"""How often progress is written down for those who watch; each writing is a transaction."""


def converge(
    order: Order,
    step: StepName,
    nouns: Iterable[Noun],
    *,
    look: Callable[[], View],
    engine: Engine,
    needs: StepNeeds,
    seen: View | None = None,
) -> View:
    """Bring the stack to what the plan wants, for these nouns; gives the last look, in which nothing is due.

    seen: what the step has just looked at, to begin with; reading a tenant is what costs most.
    Raises StackUnreachable when the engine stays silent and DatabaseUnreachable when our own books do (try again
    later: nothing is lost), StackRefused with every refusal when Wazo says no twice to the same request,
    `changes-stuck` when nothing can be sent.
    """
    wanted = frozenset(nouns)
    refused: dict[str, tuple[int, Fault]] = {}
    done = 0
    for _ in range(_PASSES):
        view, seen = seen or look(), None
        missing = due(view.changes(wanted))
        if not missing:
            return view
        actions = ready_actions(missing, view.live, desired=view.desired, applied=view.ours)
        needs.orders.set_step(order.id, step, done=done, total=done + len(missing))
        _stop_when_stuck(missing, actions, refused)
        sender = _Sender(order, step, engine, needs, done, len(missing))
        results = sender.send_all(actions)
        done = sender.done
        for action, fault in results:
            refused[action.key] = (refused.get(action.key, (0, fault))[0] + 1, fault)
        if sender.silence is not None:
            raise sender.silence
        if needs.stopping():
            raise WorkerStoppingError
    raise StackRefused(Fault("changes-stuck", Where(order.id), {"order": order.id, "left": len(missing)}))


def _stop_when_stuck(
    missing: Sequence[Change], actions: Sequence[Action], refused: dict[str, tuple[int, Fault]]
) -> None:
    # One refusal may be the echo of a request that had worked; the same one after a fresh look is an answer.
    again = [refused[action.key][1] for action in actions if refused.get(action.key, (0, None))[0] >= 2]
    if again:
        raise StackRefused(*again)
    if not actions:
        first = missing[0]
        facts = {"left": len(missing), "first": f"{first.noun} {first.key}", "order": ""}
        raise StackRefused(Fault("changes-stuck", Where(), facts))


class WorkerStoppingError(Exception):
    """This process ends between two requests; nothing is wrong with the order, and the next worker goes on."""


class _Sender:
    """Sends one pass: lanes side by side, the actions of one lane one after the other."""

    def __init__(self, order: Order, step: StepName, engine: Engine, needs: StepNeeds, done: int, missing: int) -> None:
        self._order = order
        self._step = step
        self._engine = engine
        self._needs = needs
        self._total = done + missing
        self.done = done
        self.silence: StackUnreachable | DatabaseUnreachable | None = None
        self._scope = f"order:{order.id}"
        self._secrets: Mapping[tuple[str, str], Secret] = {}
        self._shown_at = needs.clock.now()

    def send_all(self, actions: Sequence[Action]) -> list[tuple[Action, Fault]]:
        """The refusals; a silence ends the pass early and stands in `silence`."""
        lanes = _lanes(actions)
        refs = {(ref.kind, ref.key) for action in actions for ref in secrets_in(action.body)}
        self._secrets = self._needs.secrets(self._scope, refs) if refs else {}
        with ThreadPoolExecutor(max_workers=min(self._needs.connections, max(1, len(lanes)))) as pool:
            refusals = [refusal for found in pool.map(self._send_lane, lanes) for refusal in found]
        self._show(self.done)
        return refusals

    def _send_lane(self, lane: Sequence[Action]) -> list[tuple[Action, Fault]]:
        made: str | None = None
        for action in lane:
            if self.silence is not None or self._needs.stopping():
                return []
            if action.follows and made is None:
                continue
            try:
                made = self._send(action, made)
            except (StackUnreachable, DatabaseUnreachable) as error:
                self.silence = error
                return []
            except StagingError as error:
                return [(action, error.faults[0])]
        return []

    def _send(self, action: Action, made: str | None) -> str | None:
        """Gives the uuid of what it made; made: that of the request before."""
        title: dict[str, str] = {lang: describe(action.change, lang) for lang in LANGUAGES}
        row = self._needs.journal.intend(
            self._order.id, step=self._step, key=action.key, title=title, method=action.method, path=action.path
        )
        try:
            answer = self._carry_out(action, made)
        except StackUnreachable as error:
            self._needs.journal.outcome(row, status="unknown", fault=_first(error))
            raise
        except DatabaseUnreachable:
            # Nothing can be written down now; the next look settles what stands open.
            raise
        except StagingError as error:
            self._needs.journal.outcome(row, status="failed", fault=_first(error))
            raise
        self._needs.journal.outcome(row, status="done", answer=answer.status if answer else None)
        self.done += not action.follows
        if self._needs.clock.now() - self._shown_at >= _SHOW_EVERY:
            self._show(self.done)
        return answer.uuid if answer else None

    def _carry_out(self, action: Action, made: str | None) -> Sent | None:
        if action.change.noun == "plugin":
            self._engine.install_plugin(action.change.key)
            return None
        if action.change.noun == "firmware":
            self._install_firmware(action.change.key)
            return None
        body = fill_secrets(action.body, self._reveal)
        answer = self._engine.send(
            service=action.service,
            method=action.method,
            path=action.path,
            body=fill_uuid(body, made) if action.follows and made else body,
            tenant_uuid=self._order.tenant_uuid if action.scope == "tenant" else None,
        )
        if action.change.noun == "provisioning":
            self._engine.wait_for_provd()
        return answer

    def _install_firmware(self, key: str) -> None:
        plugin, package = key.split("/")

        def told(fetched: int, size: int) -> None:
            facts = {"name": package, "percent": 100 * fetched // max(1, size)}
            self._needs.orders.set_step(self._order.id, self._step, waits_for="fetches-firmware", waits_facts=facts)

        self._engine.install_firmware(plugin, package, told=told)
        self._needs.orders.set_step(self._order.id, self._step, waits_for=None, waits_facts={})

    def _show(self, done: int) -> None:
        self._shown_at = self._needs.clock.now()
        self._needs.orders.set_step(self._order.id, self._step, done=done, total=max(self._total, done))

    def _reveal(self, ref: SecretRef) -> str:
        return self._secrets[ref.kind, ref.key].reveal()


def _lanes(actions: Sequence[Action]) -> list[list[Action]]:
    named: dict[str, list[Action]] = {}
    alone = [[action] for action in actions if action.lane is None]
    for lane, group in groupby((a for a in actions if a.lane is not None), key=lambda action: action.lane):
        named.setdefault(str(lane), []).extend(group)
    return [*named.values(), *alone]


def _first(error: StagingError) -> Fault | None:
    return error.faults[0] if error.faults else None
