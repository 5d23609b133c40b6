"""How is a box put right that was registered or armed by mistake? The forms of its page that correct and take back."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from staging.desk import bench_correct, rearm
from staging.web.bench import serial_of
from staging.web.gate import needs, operator
from staging.web.here import here
from staging.web.words import translate

boxes = Blueprint("boxes", __name__)


@boxes.post("/bench/<serial>/correct")
@needs("prepare")
def correct(serial: str) -> ResponseReturnValue:
    """Register its model, customer and release anew."""
    read, form = serial_of(serial), request.form
    bench_correct.correct_box(
        here().desk, read, model=form.get("model", ""), customer=form.get("customer"), suite=form.get("suite", ""),
        by=operator().name,
    )  # fmt: skip
    flash(translate("web-box-corrected", serial=read))
    return redirect(url_for("bench.show_box", serial=read), 303)


@boxes.post("/bench/<serial>/disarm")
@needs("prepare")
def disarm(serial: str) -> ResponseReturnValue:
    """Take its arming back."""
    read = serial_of(serial)
    bench_correct.disarm(here().desk, read, by=operator().name)
    flash(translate("web-box-disarmed", serial=read))
    return redirect(url_for("bench.show_box", serial=read), 303)


@boxes.post("/bench/<serial>/forget")
@needs("prepare")
def forget(serial: str) -> ResponseReturnValue:
    """Take it off the bench."""
    read = serial_of(serial)
    bench_correct.forget_box(here().desk, read, by=operator().name)
    flash(translate("web-box-forgotten", serial=read))
    return redirect(url_for("bench.show"), 303)


@boxes.post("/bench/<serial>/ask-rearm")
@needs("plan")
def ask_rearm(serial: str) -> ResponseReturnValue:
    """Ask that a box which was shipped be armed again."""
    read = serial_of(serial)
    rearm.ask_rearm(here().desk, read, reason=request.form.get("why", ""), by=operator().name)
    flash(translate("web-rearm-asked-now", serial=read))
    return redirect(url_for("bench.show_box", serial=read), 303)
