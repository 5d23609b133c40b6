"""What differs in the tenant's SIP template?"""

from collections.abc import Iterator

from staging.wazo.change import Change, FieldChange
from staging.wazo.live_state import LiveState
from staging.wazo.state import StackState


def template_changes(desired: StackState, live: LiveState) -> Iterator[Change]:
    """The options of the `global` template that say something else; all of them before the tenant has one."""
    if desired.sip_template is None:
        return
    there = dict(live.template_options)
    fields = tuple(
        FieldChange(name, there.get(name), value)
        for name, value in desired.sip_template.options
        if there.get(name) != value
    )
    if fields:
        yield Change("~", "sip-template", "global", {}, fields)
