"""A Wazo engine, a portal and a room of phones over loopback; knows the contract, none of our adapters.

Read `world.py` (what is remembered), `access.py` (who may ask), then the services: `auth.py`, `confd/`, `provd/`,
`setupd.py`, `portal.py`, `calld.py`, and last `room.py`, the bench controls that the real thing does not have.
Answers follow recordings of the real daemons; a call that no recording covers carries `@unrecorded`.
"""
