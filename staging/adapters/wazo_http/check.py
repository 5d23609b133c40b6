"""Is this stack reachable, ready, and may we do what we must? For `staging stack check NAME`."""

from collections.abc import Callable
from dataclasses import dataclass

from staging.adapters.wazo_http.address import Service
from staging.adapters.wazo_http.session import EngineSession
from staging.adapters.wazo_http.setup import engine_health
from staging.core.faults import Fault, StackRefused, StackUnreachable, Where


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    what: a text key `stack-check-…`; detail: the version, a count, the host; fault: what is wrong, None when well.
    """

    what: str
    detail: str = ""
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return self.fault is None


def check_stack(session: EngineSession, *, tenant_uuid: str | None = None, engine_wide: bool = True) -> list[Finding]:
    """Every service's answer, the version, our rights and, when given, the tenant; it writes nothing.

    Findings come in the order of the questions; a wrong password ends them, because all others would repeat it.
    engine_wide: also ask for the rights on the whole engine's settings, which a shared stack's account may lack.
    calld is optional: its silence is a warning.
    """
    findings = [_look("stack-check-wizard", lambda: _wizard(session))]
    login = _look("stack-check-login", lambda: session.master_tenant() or "–")
    findings.append(login)
    if not login.ok:
        return findings
    findings += [
        _look("stack-check-version", lambda: str(session.send("confd", "GET", "infos").object().get("wazo_version"))),
        _look("stack-check-confd", lambda: _status(session, "confd")),
        _look("stack-check-provd", lambda: _status(session, "provd")),
        _look("stack-check-tenants", lambda: _read_list(session, "auth", "tenants")),
    ]
    if engine_wide:
        findings.append(_look("stack-check-engine-rights", lambda: _read_list(session, "confd", "registrars")))
    if tenant_uuid:
        findings.append(_look("stack-check-tenant", lambda: _tenant(session, tenant_uuid)))
    if session.address.url_of("calld"):
        findings.append(_warning(_look("stack-check-calld", lambda: _read_list(session, "calld", "lines"))))
    return findings


def _look(what: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(what, ask())
    except (StackUnreachable, StackRefused) as error:
        return Finding(what, fault=error.faults[0])


def _warning(finding: Finding) -> Finding:
    fault = finding.fault
    if fault is None:
        return finding
    return Finding(finding.what, fault=Fault(fault.code, fault.at, fault.facts, severity="warning"))


def _wizard(session: EngineSession) -> str:
    health = engine_health(session)
    if not health.auth_ok:
        raise StackUnreachable(Fault("stack-not-ready", Where(session.host), {"host": session.host}))
    if not health.configured:
        raise StackRefused(Fault("stack-not-set-up", Where(session.host), {"host": session.host}))
    return session.host


def _status(session: EngineSession, service: Service) -> str:
    reply = session.send(service, "GET", "status")
    parts = {name: part.get("status") for name, part in reply.object().items() if isinstance(part, dict)}
    failing = sorted(name for name, status in parts.items() if status != "ok")
    if failing:
        facts = {"host": session.host, "service": service, "parts": ", ".join(failing)}
        raise StackUnreachable(Fault("stack-part-failing", reply.at, facts))
    return ", ".join(sorted(parts)) or str(reply.status)


def _read_list(session: EngineSession, service: Service, path: str) -> str:
    return str(len(session.send(service, "GET", path).list_in("items")))


def _tenant(session: EngineSession, uuid: str) -> str:
    session.send("confd", "GET", f"tenants/{uuid}", tenant=uuid)
    return uuid
