"""How far is the stack in this pass? What the action builders share."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from staging.core.words import Extension
from staging.wazo.bodies import Body
from staging.wazo.change import Action, Change, Method, Service
from staging.wazo.found import Found
from staging.wazo.live_state import LiveLine, LiveState, LiveUser
from staging.wazo.state import Device, LineKey, Seating, StackState, User


class Pass:
    """One look at the stack: what is wanted, what is found, which changes are due."""

    def __init__(
        self, changes: Sequence[Change], live: LiveState, desired: StackState, applied: StackState | None
    ) -> None:
        self.due = tuple(change for change in changes if change.due)
        self.live = live
        self.desired = desired
        self.applied = applied
        self.found = Found(live, desired, applied)

    @cached_property
    def numbers_ready(self) -> bool:
        """Whether the contexts hold every number that we need: confd refuses lines outside, and adds DIDs by itself."""
        waiting = [change for change in self.due if change.noun == "context" and change.key != "outcall"]
        ranges = [c for c in waiting if c.verb == "+" or any(field.name != "includes" for field in c.fields)]
        return not ranges and bool(self.found.internal)

    @cached_property
    def templates_ready(self) -> bool:
        """Whether confd has made the tenant's SIP templates, a moment after the tenant."""
        tenant = self.live.tenant
        return bool(tenant and tenant.global_template and tenant.webrtc_template)

    @cached_property
    def users(self) -> dict[str, User]:
        """The wanted users by extension."""
        return {user.extension: user for user in self.desired.users}

    def address_free(self, address: str | None, *, but: str | None = None) -> bool:
        """Whether no user but this one has that e-mail address by now."""
        return all(user.uuid == but for user in self.found.addressees(address))

    def login_free(self, login: str | None, *, but: str | None = None) -> bool:
        """Whether nobody but this one logs in under that name or address by now."""
        return all(account.uuid == but for account in self.found.logins(login))

    def awaited(self, name: str, *, but: str) -> bool:
        """Whether another seat than this one is to get this address or login."""
        return bool(self._wished.get(name.lower(), set()) - {but})

    @cached_property
    def _wished(self) -> dict[str, set[str]]:
        """The seats that are to get each address or login, in small letters."""
        found: dict[str, set[str]] = {}
        for user in self.desired.users:
            login = user.account
            for word in (user.email, *((login.username, login.email) if login else ())):
                if word:
                    found.setdefault(word.lower(), set()).add(user.extension)
        return found

    @cached_property
    def seatings(self) -> dict[LineKey, tuple[Device, Seating]]:
        """Which device each line is wanted on."""
        return {seating.line: (device, seating) for device in self.desired.devices for seating in device.seatings}

    @cached_property
    def leaving_with_keys(self) -> frozenset[str]:
        """Uuids of the users to be removed who have function keys, as far as we read or wrote them.

        Seen with confd 26.08: it removes a user's keys one by one by what they point to, and answers 500 when one of
        those users is removed at the same moment.
        """
        ours = {keys.extension for keys in self.applied.function_keys} if self.applied else set()
        leaving = [(c.key, self.found.user(c.key)) for c in self.due if c.noun == "user" and c.verb == "-"]
        return frozenset(
            user.uuid for key, user in leaving if user and (key in ours or self.live.function_keys.get(user.uuid))
        )

    def ringing(self, extension: str) -> LiveUser | None:
        """The user at a number, once it has a line that rings; one that goes or is made anew does not count."""
        user = self.found.user(extension)
        lines = [line for line in self.found.lines_at(extension) if line.id not in self._going]
        return user if user and any(line.user == user.uuid and line.endpoint for line in lines) else None

    @cached_property
    def _going(self) -> frozenset[int]:
        """Ids of the lines that this pass deletes."""
        keys = [
            change.key.split("/")
            for change in self.due
            if change.noun == "line"
            and (change.verb == "-" or any(field.name == "endpoint" for field in change.fields))
        ]
        lines = (
            self.found.line_of(LineKey(Extension(number), "app" if kind == "app" else "sip")) for number, kind in keys
        )
        return frozenset(line.id for line in lines if line)

    def lane(self, extension: str) -> str:
        """The lane of a seat: its phone's, since confd rewrites a phone's whole file for every line on it."""
        user = self.found.user(extension)
        if user:
            for line in self._phone_lines.get(user.uuid, ()):
                return self.device_lane(line.device or "")
        for (number, _), (device, _) in self.seatings.items():
            if number == extension:
                return f"device {device.mac}"
        return f"seat {extension}"

    def device_lane(self, device_id: str) -> str:
        """The lane of a device, by its MAC where provd knows it."""
        return f"device {self._macs.get(device_id, device_id)}"

    @cached_property
    def _macs(self) -> dict[str, str]:
        return {device.id: device.mac for device in self.live.devices if device.mac}

    @cached_property
    def _phone_lines(self) -> dict[str, list[LiveLine]]:
        lines: dict[str, list[LiveLine]] = {}
        for line in self.live.lines:
            if line.user and line.device:
                lines.setdefault(line.user, []).append(line)
        return lines

    def send(
        self,
        change: Change,
        method: Method,
        path: str,
        body: Body | None = None,
        *,
        lane: str | None = None,
        service: Service = "confd",
        master: bool = False,
        follows: bool = False,
    ) -> Action:
        """An action, its journal key made of what it does and for whom."""
        what = path.split("?")[0].split("/")
        words = " ".join(part for part in what if part.isalpha() or "_" in part)
        noun = "account" if follows else change.noun
        return Action(
            f"{method} {words} {noun} {change.key}",
            service, method, path, body, change, lane, "master" if master else "tenant", follows,
        )  # fmt: skip

    def take_off(self, change: Change, line: LiveLine) -> Iterator[Action]:
        """Take a line off its phone, in that phone's lane."""
        if line.device:
            path = f"lines/{line.id}/devices/{line.device}"
            yield self.send(change, "DELETE", path, lane=self.device_lane(line.device))

    def lines_of(self, user: LiveUser) -> tuple[LiveLine, ...]:
        """A user's lines."""
        return tuple(line for line in self.live.lines if line.user == user.uuid)
