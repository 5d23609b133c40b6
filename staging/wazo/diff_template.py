"""What differs in the tenant's SIP template?"""

from collections.abc import Iterator

from staging.wazo.change import Change, FieldChange, Standing
from staging.wazo.live_state import LiveState
from staging.wazo.sides import sorted_out, standing
from staging.wazo.state import SipTemplate, StackState


def template_changes(desired: StackState, live: LiveState, before: SipTemplate | None) -> Iterator[Change]:
    """The options of the `global` template that say something else; all of them before the tenant has one.

    before: what we left last; an option that somebody changed on the stack since is kept.
    """
    if desired.sip_template is None:
        return
    there, left = dict(live.template_options), dict(before.options) if before else {}
    fields: list[tuple[FieldChange, Standing]] = []
    for name, value in desired.sip_template.options:
        now = there.get(name)
        if now != value:
            how = standing(value, now, left[name]) if name in left and now else "due"
            fields.append((FieldChange(name, now, value), how))
    for how, reason, some in sorted_out(fields):
        yield Change("~", "sip-template", "global", {}, some, None, how, reason)
