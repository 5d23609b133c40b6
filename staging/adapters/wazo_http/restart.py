"""When does provd answer again, after a setting that restarts it?"""

from datetime import timedelta

from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.waiting import Patience, wait_for
from staging.core.faults import Fault, Where

_PROVD_RESTART = Patience(within=timedelta(minutes=2), every=timedelta(seconds=1))


def wait_for_provd(session: EngineSession, *, patience: Patience = _PROVD_RESTART) -> None:
    """Wait until provd answers its status. Raises StackUnreachable `stack-provd-silent` when it never does."""

    def look() -> bool:
        session.send("provd", "GET", "status", timeout=5)
        return True

    silent = Fault("stack-provd-silent", Where(session.host), {"host": session.host})
    # While it starts, something else may answer in its place.
    wait_for(look, patience=patience, otherwise=silent, not_yet=("stack-strange-answer", "stack-not-found"))
