"""Which calls of the sandbox follow a recording of the real daemons, and which only their documents?"""

from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

from flask import Flask

P = ParamSpec("P")
T = TypeVar("T")

_MARK = "_sandbox_unrecorded"
_NOT_WAZO = ("/room", "/static")


def unrecorded(view: Callable[P, T]) -> Callable[P, T]:
    """Mark a call that no recording covers: it follows the published contract and may differ from the real one."""
    setattr(view, _MARK, True)
    return view


def unrecorded_calls(app: Flask) -> list[tuple[str, str]]:
    """(method, path) of each call that carries the mark, in order of path."""
    return sorted({(method, path) for method, path, view in _calls(app) if hasattr(view, _MARK)}, key=_by_path)


def recorded_calls(app: Flask) -> list[tuple[str, str]]:
    """(method, path) of each call that follows a recording, in order of path."""
    return sorted({(method, path) for method, path, view in _calls(app) if not hasattr(view, _MARK)}, key=_by_path)


def compatibility_lists(app: Flask) -> str:
    """Both lists as `docs/compatibility.md` holds them."""
    parts = (("Recorded", recorded_calls(app)), ("Unrecorded", unrecorded_calls(app)))
    sections = []
    for title, calls in parts:
        rows = "\n".join(f"| {method} | `{path}` |" for method, path in calls)
        sections.append(f"## {title}: {len(calls)} calls\n\n| method | path |\n| --- | --- |\n{rows}\n")
    return "\n".join(sections)


def _calls(app: Flask) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(_NOT_WAZO):
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            if method == "HEAD" and "GET" in (rule.methods or set()):
                continue
            yield method, rule.rule, app.view_functions[rule.endpoint]


def _by_path(call: tuple[str, str]) -> tuple[str, str]:
    method, path = call
    return path, method
