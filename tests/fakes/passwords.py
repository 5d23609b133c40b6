"""What does a password cost in tests? Little: a hash that is meant to cost a tenth of a second would cost minutes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher

from staging.adapters.store import people

REAL = people._hasher
"""What the service hashes with; tests/sandbox/test_store_nouns.py holds its cost."""
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Cheap hashes as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", lambda: _QUICK)
        yield
