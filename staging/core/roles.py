"""Who may do what? The table of roles, in one place; doors ask it before they act."""

from typing import Literal

Role = Literal["technician", "manager", "logistics", "admin", "screen"]
"""The people of the product, plus `screen`: a read-only wall screen or program."""

Right = Literal["see", "prepare", "plan", "print", "reveal", "rearm", "administer"]
"""see bench, orders, packing · prepare: register, arm, checklist, scan and match · plan: upload, apply, undo ·
print: print, reprint, pack · reveal a generated secret · rearm a shipped box · administer users, stacks, printers."""

_RIGHTS: dict[Role, frozenset[Right]] = {
    "technician": frozenset({"see", "prepare", "print"}),
    "manager": frozenset({"see", "prepare", "plan", "print", "reveal"}),
    "logistics": frozenset({"see", "print"}),
    "admin": frozenset({"see", "prepare", "plan", "print", "reveal", "rearm", "administer"}),
    "screen": frozenset({"see"}),
}
ROLES: tuple[Role, ...] = tuple(_RIGHTS)


def may(role: Role, right: Right) -> bool:
    """Whether somebody of this role may do this. Source: the table of roles in docs/roles.md."""
    return right in _RIGHTS[role]


def roles_with(right: Right) -> tuple[Role, ...]:
    """The roles that hold a right, to tell a refused person whom to ask."""
    return tuple(role for role in ROLES if right in _RIGHTS[role])
