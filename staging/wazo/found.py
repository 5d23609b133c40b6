"""Which live thing is the one that we mean? Natural keys looked up among Wazo's ids."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeVar

from staging.wazo.live_state import (
    LiveAccount,
    LiveContext,
    LiveDevice,
    LiveExtension,
    LiveGroup,
    LiveIncall,
    LiveLine,
    LivePickup,
    LiveState,
    LiveUser,
    LiveVoicemail,
)
from staging.wazo.state import ContextType, LineKey, StackState, Target, User

_Thing = TypeVar("_Thing")


def line_label(marker: str, key: LineKey) -> str:
    """What the endpoint of a line of ours carries, so that a line without user or number is found again."""
    return f"{marker} {key.extension} {key.kind}"


class Found:
    """The live state, asked by our keys. `desired` decides which partial users and contexts count as ours.

    An object with memory, not a value: the answers are computed once for a diff or a pass of actions.
    """

    def __init__(self, live: LiveState, *wanted: StackState | None) -> None:
        self.live = live
        self.wanted = tuple(state for state in wanted if state is not None)

    def context(self, kind: ContextType) -> LiveContext | None:
        """The context of a type: the one with our label, else the only one of its type."""
        same = sorted((c for c in self.live.contexts if c.type == kind), key=lambda c: c.id)
        labels = {context.label for state in self.wanted for context in state.contexts if context.type == kind}
        ours = [context for context in same if context.label in labels]
        if ours:
            return ours[0]
        return same[0] if len(same) == 1 else None

    @cached_property
    def internal(self) -> str | None:
        """Name of the internal context, as lines, extensions and voicemails carry it."""
        context = self.context("internal")
        return context.name if context else None

    @cached_property
    def incoming(self) -> str | None:
        """Name of the context of the DIDs."""
        context = self.context("incall")
        return context.name if context else None

    def user(self, extension: str) -> LiveUser | None:
        """The user whose number this is; or the one that we began to make for it and that has no number yet."""
        return self._users.get(extension)

    def users_elsewhere(self) -> tuple[LiveUser, ...]:
        """Users that sit at none of our keys: people made them."""
        keys = {user.extension for user in _users(self.wanted)}
        ours = {user.uuid for extension, user in self._users.items() if extension in keys}
        return tuple(user for user in self.live.users if user.uuid not in ours)

    def extension_of(self, user_id: int | None) -> str | None:
        """Our key of the user with that id, else its number, else None."""
        return self._extensions.get(user_id)

    def line(self, user: LiveUser, key: LineKey, marker: str) -> LiveLine | None:
        """The line of a user by its key: at its number first, then by our label."""
        mine = [line for line in self._lines_by_user.get(user.uuid, ()) if line.kind == key.kind]
        label = line_label(marker, key)
        mine.sort(key=lambda line: (line.label != label, line.extension != key.extension, line.id))
        return next((line for line in mine if line.extension == key.extension or line.label == label), None)

    def line_of(self, key: LineKey) -> LiveLine | None:
        """The line by its key alone; None while its user or itself is missing."""
        user = self.user(key.extension)
        return self.line(user, key, self._marker(key.extension)) if user else None

    def orphan(self, key: LineKey, marker: str) -> LiveLine | None:
        """A line that is on nobody and that we may take for this key."""
        label = line_label(marker, key)
        for line in self._nobodys_lines:
            at_number = line.extension == key.extension and line.context == self.internal
            if line.kind == key.kind and line.endpoint and (line.label == label or at_number):
                return line
        return None

    def lines_at(self, extension: str) -> tuple[LiveLine, ...]:
        """All lines that ring at an internal number, whoever has them."""
        return tuple(self._lines_by_number.get(extension, ()))

    def line_by_id(self, line_id: int) -> LiveLine | None:
        """A line by Wazo's id."""
        return next((line for line in self.live.lines if line.id == line_id), None)

    def lines_on(self, device: str) -> tuple[LiveLine, ...]:
        """The lines tied to a device."""
        return tuple(self._lines_by_device.get(device, ()))

    @cached_property
    def our_lines(self) -> frozenset[int]:
        """Ids of the lines that hold our keys; any other line is somebody else's."""
        keys = {line.key for user in _users(self.wanted) for line in user.lines}
        keys |= {seating.line for state in self.wanted for device in state.devices for seating in device.seatings}
        return frozenset(line.id for key in keys if (line := self.line_of(key)))

    def number(self, number: str, context: str | None) -> LiveExtension | None:
        """The extension that holds a number in a context."""
        return self._numbers.get((number, context))

    def voicemail(self, number: str) -> LiveVoicemail | None:
        """The mailbox with that number in the internal context."""
        boxes = (box for box in self.live.voicemails if box.number == number and box.context == self.internal)
        return next(boxes, None)

    def account(self, uuid: str) -> LiveAccount | None:
        """The login of a user."""
        return self._accounts.get(uuid)

    def logins(self, login: str | None) -> tuple[LiveAccount, ...]:
        """The logins that answer to that user name or address; case does not tell them apart."""
        return tuple(self._logins.get((login or "").lower(), ()))

    def addressees(self, address: str | None) -> tuple[LiveUser, ...]:
        """The users with that e-mail address, whatever the case of its letters."""
        return tuple(self._addressees.get((address or "").lower(), ()))

    def incall(self, did: str) -> LiveIncall | None:
        """The rule of a DID."""
        return self._incalls.get(did)

    def loose_incalls(self, target: Target) -> tuple[LiveIncall, ...]:
        """Rules without a DID that already ring this target: what an interrupted run left."""
        wanted = self.target_id(target)
        loose = [i for i in self.live.incalls if i.did is None and i.target_type == target.kind]
        return tuple(sorted((i for i in loose if wanted and i.target_id == wanted), key=lambda i: i.id))

    def target_id(self, target: Target) -> int | None:
        """Wazo's id of who is to ring, None while it does not exist."""
        if target.kind == "user":
            user = self.user(target.key)
            return user.id if user else None
        group = self.group(target.key)
        return group.id if group else None

    def target(self, incall: LiveIncall) -> str:
        """Who rings, in our words: `user 8000`, `group Accueil`, `none`, or Wazo's type and id."""
        if incall.target_type == "user":
            return f"user {self.extension_of(incall.target_id) or incall.target_id}"
        if incall.target_type == "group":
            label = next((group.label for group in self.live.groups if group.id == incall.target_id), None)
            return f"group {label or incall.target_id}"
        return incall.target_type if incall.target_id is None else f"{incall.target_type} {incall.target_id}"

    def group(self, label: str) -> LiveGroup | None:
        """The group with that label."""
        return next((group for group in self.live.groups if group.label == label), None)

    def pickup(self, name: str) -> LivePickup | None:
        """The call pickup with that name."""
        return next((pickup for pickup in self.live.pickups if pickup.name == name), None)

    def devices(self, mac: str) -> tuple[LiveDevice, ...]:
        """Every device of a MAC, the one to keep first: in the tenant, with lines, configured, then by id.

        wazo-confd reads before it writes, so requests that race make several devices of one phone.
        """
        return tuple(sorted(self._devices.get(mac, ()), key=self._preference))

    def device(self, mac: str) -> LiveDevice | None:
        """The tenant's device of a MAC."""
        return next((device for device in self.devices(mac) if not self.unallocated(device)), None)

    def unallocated(self, device: LiveDevice) -> bool:
        """Whether the device still waits in the master tenant."""
        tenant = self.live.tenant
        return device.new or (tenant is not None and device.tenant is not None and device.tenant != tenant.uuid)

    def _preference(self, device: LiveDevice) -> tuple[bool, bool, bool, str]:
        return (
            self.unallocated(device),
            not self.lines_on(device.id),
            device.status != "configured",
            device.id,
        )

    def _marker(self, extension: str) -> str:
        return self._markers.get(extension, "")

    @cached_property
    def _markers(self) -> dict[str, str]:
        return {user.extension: user.marker for user in reversed(_users(self.wanted))}

    @cached_property
    def _extensions(self) -> dict[int | None, str | None]:
        plain: dict[int | None, str | None] = {user.id: user.extension for user in self.live.users}
        return plain | {user.id: extension for extension, user in reversed(self._users.items())}

    @cached_property
    def _logins(self) -> dict[str, list[LiveAccount]]:
        found: dict[str, list[LiveAccount]] = {}
        for account in self.live.accounts:
            for login in account.logins:
                found.setdefault(login, []).append(account)
        return found

    @cached_property
    def _addressees(self) -> dict[str | None, list[LiveUser]]:
        having = (user for user in self.live.users if user.email)
        return _grouped(having, lambda user: (user.email or "").lower())

    @cached_property
    def _accounts(self) -> dict[str, LiveAccount]:
        return {account.uuid: account for account in self.live.accounts}

    @cached_property
    def _numbers(self) -> dict[tuple[str, str | None], LiveExtension]:
        return {(e.number, e.context): e for e in reversed(self.live.extensions)}

    @cached_property
    def _incalls(self) -> dict[str | None, LiveIncall]:
        return {incall.did: incall for incall in reversed(self.live.incalls)}

    @cached_property
    def _devices(self) -> dict[str | None, list[LiveDevice]]:
        return _grouped(self.live.devices, lambda device: device.mac)

    @cached_property
    def _lines_by_user(self) -> dict[str | None, list[LiveLine]]:
        return _grouped(self._sorted_lines, lambda line: line.user)

    @cached_property
    def _lines_by_device(self) -> dict[str | None, list[LiveLine]]:
        return _grouped(self._sorted_lines, lambda line: line.device)

    @cached_property
    def _lines_by_number(self) -> dict[str | None, list[LiveLine]]:
        inner = [line for line in self._sorted_lines if line.context == self.internal]
        return _grouped(inner, lambda line: line.extension)

    @cached_property
    def _nobodys_lines(self) -> tuple[LiveLine, ...]:
        return tuple(self._lines_by_user.get(None, ()))

    @cached_property
    def _sorted_lines(self) -> list[LiveLine]:
        return sorted(self.live.lines, key=lambda line: line.id)

    @cached_property
    def _users(self) -> dict[str, LiveUser]:
        by_uuid = {user.uuid: user for user in self.live.users}
        found: dict[str, LiveUser] = {}
        for line in self._sorted_lines:
            if line.extension and line.user in by_uuid and line.context == self.internal:
                found.setdefault(line.extension, by_uuid[line.user])
        taken = {user.uuid for user in found.values()}
        for wanted in _users(self.wanted):
            if wanted.extension in found:
                continue
            partial = self._partial(wanted, taken)
            if partial:
                found[wanted.extension] = partial
                taken.add(partial.uuid)
        return found

    def _partial(self, wanted: User, taken: set[str]) -> LiveUser | None:
        labels = {line_label(wanted.marker, line.key) for line in wanted.lines}
        labelled = {line.user for line in self.live.lines if line.label in labels and line.user}
        box = self.voicemail(wanted.extension)
        # Renamed, and without a line of ours: whose mailbox has the number is still that seat's user.
        owner = box.user if box is not None else None
        for user in self.live.users:
            if user.uuid in taken or user.marker != wanted.marker:
                continue
            numberless = user.extension is None and not self._labelled_for_another(user, labels)
            if user.uuid in labelled or (numberless and (user.uuid == owner or _same_person(user, wanted))):
                return user
        return None

    def _labelled_for_another(self, user: LiveUser, labels: set[str]) -> bool:
        return any(line.label not in labels for line in self.live.lines if line.user == user.uuid and line.label)


def _grouped(things: Iterable[_Thing], key: Callable[[_Thing], str | None]) -> dict[str | None, list[_Thing]]:
    groups: dict[str | None, list[_Thing]] = {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return groups


def _users(states: Iterable[StackState]) -> list[User]:
    return [user for state in states for user in state.users]


def _same_person(live: LiveUser, wanted: User) -> bool:
    mine = (live.firstname, live.lastname, (live.email or "").lower())
    return mine == (wanted.firstname, wanted.lastname, (wanted.email or "").lower())
