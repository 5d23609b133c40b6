"""Excel to numbering plan. Has never heard of Wazo.

Read `plan.py` (what comes out), `cells.py` (what comes in), then `read.py`, which joins the pure parts: `header.py`
and `table.py` find the table, `rows.py` and `parse.py` read its cells, `checks.py` and `assign.py` see the whole. The
edges are `sandboxed.py` (a file, opened by a child process), `annotate.py` (the file, marked) and `commands.py` (the
person).
"""
