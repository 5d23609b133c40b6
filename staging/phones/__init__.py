"""Pure: which phone is whose. Read `seen.py`, then `match.py`."""
