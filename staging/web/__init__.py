"""The people's door: pages and the API.

Read `app.py` (how it is put together), `gate.py` (who may), then the pages in the order of the work: `home.py`,
`bench.py`, `orders.py`, `plans.py`, `phones.py`, `pack.py`, `admin.py`; last `api.py` and `openapi.py`.
"""
