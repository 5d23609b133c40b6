"""Is what somebody typed for a name or an address of anything that the administrator adds usable?"""

from urllib.parse import urlsplit

from staging.core.faults import Fault, Refused, Where

NAME_LIMIT = 64


def check_name(typed: str, what: str) -> str:
    """A name without the space around it. what: the kind of thing, for the fault.

    It stands in addresses of pages, in logs and in one line of a terminal, so it holds no slash and nothing that
    cannot be seen; `token:` begins the names of programs in the timeline. Raises Refused `bad-name`.
    """
    name = typed.strip()
    if not 0 < len(name) <= NAME_LIMIT or not name.isprintable() or "/" in name or name.startswith("token:"):
        raise Refused(Fault("bad-name", Where(what), {"typed": typed[:40], "limit": NAME_LIMIT}))
    return name


def bad_url(typed: str, what: str, name: str) -> Fault | None:
    """The fault of an address that is no http(s) URL, or that carries a password: addresses are shown and logged."""
    try:
        parts = urlsplit(typed)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        open_ = parts.username is None and parts.password is None
    except ValueError:
        good = open_ = False
    if good and open_:
        return None
    return Fault("bad-url", Where(what, field=name), {"typed": typed[:80] if "@" not in typed else "…@…"})
