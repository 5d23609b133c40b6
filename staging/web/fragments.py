"""How does a page keep itself fresh? A fragment is sent only when it says something new."""

import hashlib
import re
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

_MARK = "@mark@"
_CHANGES_ALONE = re.compile(r'name="csrf" value="[^"]*"')


def fragment(template: str, **values: Any) -> str:
    """A fragment with the mark of its own content in place of `@mark@`, which the next poll sends back."""
    html = render_template(template, mark=_MARK, **values)
    return html.replace(_MARK, _mark_of(html))


def answer_poll(template: str, **values: Any) -> ResponseReturnValue:
    """The fragment, or 204 when the asker shows it already: nothing flickers, no screen reader is disturbed."""
    html = render_template(template, mark=_MARK, **values)
    mark = _mark_of(html)
    if request.args.get("have") == mark:
        return "", 204
    return html.replace(_MARK, mark)


def _mark_of(html: str) -> str:
    return hashlib.sha256(_CHANGES_ALONE.sub("", html).encode()).hexdigest()[:12]
