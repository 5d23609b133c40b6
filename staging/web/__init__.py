"""The people's door: pages and the API. Read `app.py`, then `pages.py` and `api.py`."""
