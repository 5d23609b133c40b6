"""Is a stack that somebody or something spoiled brought back, without making anything twice?"""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staging.wazo.desired import desired_state
from staging.wazo.state import StackState
from staging.wazo.verify import differences
from tests.fakes.wazo_state import FACTS, MACS, MASTER, Tenant, apply_until_settled, six_seats

DESIRED = desired_state(six_seats(), FACTS, macs=MACS)

Spoil = Callable[[Tenant, Random], None]


def settled(desired: StackState = DESIRED) -> Tenant:
    tenant = Tenant()
    apply_until_settled(tenant, desired)
    return tenant


def untie_voicemail(tenant: Tenant, dice: Random) -> None:
    dice.choice([*tenant.voicemails.values()])["user"] = None


def delete_voicemail(tenant: Tenant, dice: Random) -> None:
    tenant.voicemails.pop(dice.choice([*tenant.voicemails]))


def silence_incall(tenant: Tenant, dice: Random) -> None:
    dice.choice([*tenant.incalls.values()])["destination"] = {"type": "none"}


def untie_incall(tenant: Tenant, dice: Random) -> None:
    dice.choice([*tenant.incalls.values()])["extension"] = None


def delete_incall(tenant: Tenant, dice: Random) -> None:
    tenant.incalls.pop(dice.choice([*tenant.incalls]))


def delete_login(tenant: Tenant, dice: Random) -> None:
    tenant.accounts.clear()


def unplug_line(tenant: Tenant, dice: Random) -> None:
    dice.choice([*tenant.lines.values()])["device_id"] = None


def lose_number(tenant: Tenant, dice: Random) -> None:
    line = dice.choice([*tenant.lines.values()])
    line.update(extension=None, device_id=None)


def lose_owner(tenant: Tenant, dice: Random) -> None:
    line = dice.choice([*tenant.lines.values()])
    line.update(user=None, device_id=None)


def lose_owner_of_all_lines(tenant: Tenant, dice: Random) -> None:
    owner = dice.choice([*tenant.users])
    for line in tenant.lines.values():
        if line["user"] == owner:
            line.update(user=None, device_id=None)


def lose_line(tenant: Tenant, dice: Random) -> None:
    tenant.lines.pop(dice.choice([*tenant.lines]))


def lose_credentials(tenant: Tenant, dice: Random) -> None:
    dice.choice([*tenant.lines.values()])["username"] = None


def lose_endpoint(tenant: Tenant, dice: Random) -> None:
    line = dice.choice([*tenant.lines.values()])
    line.update(endpoint=None, username=None, label=None, name="")


def rename(tenant: Tenant, dice: Random) -> None:
    dice.choice([*tenant.users.values()])["firstname"] = "inconnu"


def double_phone(tenant: Tenant, dice: Random) -> None:
    device = dice.choice([*tenant.devices.values()])
    tenant.devices[f"0{device['id']}"] = {**device, "id": f"0{device['id']}"}


def swap_phones(tenant: Tenant, dice: Random) -> None:
    first, second = [line for line in tenant.lines.values() if not line["webrtc"]][:2]
    first["device_id"], second["device_id"] = second["device_id"], first["device_id"]


def move_handset(tenant: Tenant, dice: Random) -> None:
    handsets = [line for line in tenant.lines.values() if line["position"] > 1]
    if handsets:
        dice.choice(handsets)["position"] = dice.choice([6, 7, 8])


def lose_phone(tenant: Tenant, dice: Random) -> None:
    gone = dice.choice([*tenant.devices])
    for line in tenant.lines.values():
        line["device_id"] = None if line["device_id"] == gone else line["device_id"]
    tenant.devices.pop(gone)


def return_phone_to_master(tenant: Tenant, dice: Random) -> None:
    back = dice.choice([*tenant.devices])
    for line in tenant.lines.values():
        line["device_id"] = None if line["device_id"] == back else line["device_id"]
    tenant.devices[back].update(tenant_uuid=MASTER, is_new=True)


def wrong_plugin(tenant: Tenant, dice: Random) -> None:
    dice.choice([*tenant.devices.values()])["plugin"] = "wazo-snom-v9"


def empty_group(tenant: Tenant, dice: Random) -> None:
    for group in tenant.groups.values():
        group["members"] = []


def lose_group(tenant: Tenant, dice: Random) -> None:
    tenant.groups.clear()


def lose_group_number(tenant: Tenant, dice: Random) -> None:
    for group in tenant.groups.values():
        group["extension"] = None


def wipe_keys(tenant: Tenant, dice: Random) -> None:
    tenant.keys.clear()


def darken_keys(tenant: Tenant, dice: Random) -> None:
    for keys in tenant.keys.values():
        for key in keys.values():
            key["blf"] = False


def cut_ranges(tenant: Tenant, dice: Random) -> None:
    for context in tenant.contexts.values():
        context["user_ranges"] = context["user_ranges"] and [{"start": "8000", "end": "8001"}]
        context["incall_ranges"] = context["incall_ranges"][:1]
        context["contexts"] = []


def reset_template(tenant: Tenant, dice: Random) -> None:
    tenant.template = [["allow", "!all,ulaw"], ["rtp_timeout", "7200"]]


def delete_user(tenant: Tenant, dice: Random) -> None:
    uuid = dice.choice([*tenant.users])
    for line in tenant.lines.values():
        if line["user"] == uuid:
            line["device_id"] = None
    tenant.delete_users(uuid, "recursive=true")


def delete_user_plainly(tenant: Tenant, dice: Random) -> None:
    uuid = dice.choice([*tenant.users])
    ids = tenant.users.pop(uuid)["id"]
    tenant.accounts.pop(uuid, None)
    tenant.keys.pop(uuid, None)
    for line in tenant.lines.values():
        line["user"] = None if line["user"] == uuid else line["user"]
        line["device_id"] = line["device_id"] if line["user"] else None
    for box in tenant.voicemails.values():
        box["user"] = None if box["user"] == uuid else box["user"]
    for incall in tenant.incalls.values():
        if incall["destination"].get("user_id") == ids:
            incall["destination"] = {"type": "none"}
    for group in tenant.groups.values():
        group["members"] = [member for member in group["members"] if member != uuid]
    for keys in tenant.keys.values():
        for position in [p for p, key in keys.items() if key["destination"].get("user_id") == ids]:
            del keys[position]


SPOILS: list[Spoil] = [
    untie_voicemail, delete_voicemail, silence_incall, untie_incall, delete_incall, delete_login, unplug_line,
    lose_number, lose_owner, lose_owner_of_all_lines, lose_line, lose_credentials, lose_endpoint, rename, double_phone,
    swap_phones, move_handset, lose_phone, return_phone_to_master, wrong_plugin, empty_group, lose_group,
    lose_group_number, wipe_keys, darken_keys, cut_ranges, reset_template, delete_user, delete_user_plainly,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_one_damage_is_mended(spoil: Spoil, seed: int) -> None:
    tenant = settled()
    spoil(tenant, Random(seed))
    apply_until_settled(tenant, DESIRED)
    assert tenant.shape() == settled().shape()
    assert not differences(DESIRED, tenant.live(DESIRED))


@settings(deadline=None, max_examples=80)
@given(st.lists(st.sampled_from(SPOILS), min_size=2, max_size=4), st.integers(0, 1000))
def test_several_damages_are_mended(spoils: list[Spoil], seed: int) -> None:
    tenant, dice = settled(), Random(seed)
    for spoil in spoils:
        try:
            spoil(tenant, dice)
        except (IndexError, ValueError):
            continue  # the damage before left nothing of that kind to spoil
    apply_until_settled(tenant, DESIRED, passes=8)
    assert not differences(DESIRED, tenant.live(DESIRED))


def test_a_user_without_line_and_under_another_name_is_known_by_the_mailbox_and_never_made_twice() -> None:
    tenant = settled()
    number = next(key for key, held in tenant.extensions.items() if held["exten"] == "8005")
    (line,) = (line for line in tenant.lines.values() if line["extension"] == number)
    tenant.users[line["user"]]["firstname"] = "inconnu"
    line.update(user=None, device_id=None)
    apply_until_settled(tenant, DESIRED)
    assert len(tenant.users) == len(DESIRED.users)


def test_a_settled_stack_shows_no_difference_and_a_spoiled_one_does() -> None:
    tenant = settled()
    assert not differences(DESIRED, tenant.live(DESIRED))
    for spoil in (
        delete_voicemail,
        silence_incall,
        lose_line,
        unplug_line,
        rename,
        empty_group,
        wipe_keys,
        darken_keys,
        double_phone,
    ):
        broken = tenant.copy()
        spoil(broken, Random(2))
        assert differences(DESIRED, broken.live(DESIRED)), spoil.__name__
