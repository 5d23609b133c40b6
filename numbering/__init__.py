"""Excel to numbering plan. Has never heard of Wazo.

Read `plan.py`, `columns.toml`, `parse.py`, `checks.py`, `assign.py`, then the edge `xlsx.py`.
"""
