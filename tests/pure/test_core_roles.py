"""Who may do what? The table as the product's page draws it, written a second time by hand."""

import pytest

from staging.core.roles import ROLES, Right, Role, may, roles_with

TABLE: dict[Right, set[Role]] = {
    "see": {"technician", "manager", "logistics", "admin", "screen"},
    "prepare": {"technician", "manager", "admin"},
    "plan": {"manager", "admin"},
    "print": {"technician", "manager", "logistics", "admin"},
    "reveal": {"manager", "admin"},
    "rearm": {"admin"},
    "administer": {"admin"},
}


@pytest.mark.parametrize("right", TABLE)
def test_a_right_is_held_by_those_of_the_table_and_nobody_else(right: Right) -> None:
    assert {role for role in ROLES if may(role, right)} == TABLE[right]
    assert set(roles_with(right)) == TABLE[right]


def test_an_administrator_may_do_everything_and_a_screen_may_only_look() -> None:
    assert all(may("admin", right) for right in TABLE)
    assert [right for right in TABLE if may("screen", right)] == ["see"]
