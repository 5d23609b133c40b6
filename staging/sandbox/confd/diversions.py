"""Where do a user's calls go when he does not take them? Forwards he sets, fallbacks that are set for him."""

from staging.sandbox.confd.destinations import check_exists, destination_fault, keep_destination
from staging.sandbox.refusals import Refusal, invalid
from staging.sandbox.tables import Row
from staging.sandbox.world import world

FORWARDS = ("busy", "noanswer", "unconditional")
FALLBACKS = ("noanswer_destination", "busy_destination", "congestion_destination", "fail_destination")


def keep_forwards(user: Row, body: Row) -> None:
    """Remember forwards; one that is on needs somewhere to go."""
    kept = dict(world().db.users[user["id"]]["forwards"])
    for name in FORWARDS:
        if name in body:
            given = {"enabled": body[name].get("enabled", False), "destination": body[name].get("destination")}
            if given["enabled"] and not given["destination"]:
                raise Refusal(400, ["Resource Error - Forward must be disabled to remove destination"])
            kept[name] = given
    world().db.users.change(user["id"], forwards=kept)


def keep_fallbacks(user: Row, body: Row) -> None:
    """Remember where calls go that nobody takes."""
    given = {name: body[name] for name in FALLBACKS if body.get(name)}
    for name, destination in given.items():
        if fault := destination_fault(destination):
            raise invalid({name: fault})
        check_exists(destination)
    kept = {name: keep_destination(destination) for name, destination in given.items()}
    absent = {name: None for name in FALLBACKS if name in body and not body[name]}
    fallbacks = {**world().db.users[user["id"]]["fallbacks"], **kept, **absent}
    world().db.users.change(user["id"], fallbacks=fallbacks)
