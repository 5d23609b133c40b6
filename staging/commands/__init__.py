"""The terminal's door: one file per noun of `staging …`. Read `door.py` first, then any other."""
