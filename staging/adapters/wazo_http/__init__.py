"""How do we talk HTTP with a Wazo engine? Speaks our words, hides theirs.

Read in this order: `address.py` (where the daemons listen), `session.py` (one request and its answer, over `wire.py`),
`gate.py` (how many at once), `token.py` (who we are), `refusal.py` (an answer that is a no), then what is asked:
`read.py` (live state), `setup.py` (first set-up, tenant), `plugins.py` and `restart.py` (provd), `devices.py` (phones),
`check.py`. What is written is decided in `staging/wazo`; most of it goes through `session.py` as it is.
"""
