"""What does each step of an order do? One function per step, in order; each can run twice without harm.

A step looks at what is there, does what is left and says `done`, `skipped` or `waiting` for something. It raises a
StagingError when it cannot go on; the runner decides whether that deserves another try.
"""

from collections.abc import Callable, Mapping

from staging.jobs.job import Order, Outcome, StepName
from staging.jobs.needs import StepNeeds
from staging.jobs.steps_accept import run_accept, run_label
from staging.jobs.steps_box import run_appliance, run_install
from staging.jobs.steps_phones import run_phones
from staging.jobs.steps_provision import run_configure, run_provision
from staging.jobs.steps_register import run_register

RUN: Mapping[StepName, Callable[[Order, StepNeeds], Outcome]] = {
    "appliance": run_appliance,
    "install": run_install,
    "register": run_register,
    "configure": run_configure,
    "provision": run_provision,
    "phones": run_phones,
    "label": run_label,
    "accept": run_accept,
}
