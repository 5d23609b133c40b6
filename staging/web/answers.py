"""Which answers of our own does an installer get? Texts for the bench, a customer or a box, tried before kept."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from preseed.template import BLANKS, PROTECTED
from staging.desk import answer_texts
from staging.web.gate import needs, operator
from staging.web.here import here
from staging.web.words import translate

answers = Blueprint("answers", __name__, url_prefix="/bench/answers")


@answers.get("")
@needs("administer")
def show() -> str:
    """The texts that are there, and the form for one more or another."""
    texts = here().store.installs.templates()
    scope, name = request.args.get("scope", "bench"), request.args.get("name", "")
    body = next((one.body for one in texts if (one.scope, one.name) == (scope, name)), "")
    return _page(scope, name, body, None)


@answers.post("/preview")
@needs("administer")
def preview() -> str:
    """What a text would change on every box, and whether each of them is still right."""
    form = request.form
    shown = answer_texts.preview_text(
        here().desk, form.get("scope", ""), form.get("name", ""), form.get("body", "")
    )  # fmt: skip
    return _page(shown.scope, shown.name, shown.body, shown)


@answers.post("")
@needs("administer")
def keep() -> ResponseReturnValue:
    """Keep a text as it was shown."""
    form = request.form
    kept = answer_texts.keep_text(
        here().desk, form.get("scope", ""), form.get("name", ""), form.get("body", ""),
        expect=form.get("expect", ""), by=operator().name,
    )  # fmt: skip
    flash(translate("web-text-kept", n=len(kept.changed)))
    return redirect(url_for("answers.show", scope=kept.scope, name=kept.name), 303)


def _page(scope: str, name: str, body: str, shown: answer_texts.TextPreview | None) -> str:
    customers = {box.customer for box in here().store.appliances.on_bench() if box.customer}
    return render_template(
        "answers.html", texts=here().store.installs.templates(), scopes=answer_texts.SCOPES, scope=scope, name=name,
        body=body, shown=shown, blanks=BLANKS, protected=sorted(PROTECTED), customers=sorted(customers),
    )  # fmt: skip
