"""Ground floor, shared by all parts, imports none of them.

Read `words.py` (small checked types), `faults.py` (what is wrong and where),
`messages.py` (the words for it, in French and English), `clock.py`.
"""
