"""What others tell us, and what we tell others.

Read `events.py` (what can have happened), `payload.py` and `sign.py` (how it travels), then the edges:
`install.py` for boxes that are being installed, `routes.py` for other systems.
"""
