"""What does `staging preseed show` need? The registered boxes and the bench's address, opened at first use."""

from preseed.commands import ShowNeeds, commands
from preseed.links import Links
from staging.commands.door import house
from staging.core.faults import Fault, Refused, Where


def open_preseed() -> ShowNeeds:
    """The boxes, and the address under which they find us. Raises Refused while that is not set."""
    base = house().settings.bench_url
    if base is None:
        raise Refused(Fault("bench-url-missing", Where("environment", field="STAGING_BENCH_URL"), {}))
    return ShowNeeds(find_appliance=house().office.find_appliance, links=Links(base))


preseed = commands(open_preseed)
"""`staging preseed …` with its needs in its hands."""
