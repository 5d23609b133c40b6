"""The durable pipeline. Read `job.py`, `steps.py`, `apply.py`, `runner.py`; `engine.py` alone knows DBOS."""
