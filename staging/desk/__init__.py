"""What can people ask for? One function per request, the same for pages, API and commands.

Read `desk.py`, then `orders.py`, `bench.py`, `phones.py`, `labels.py`, `stacks.py`. Functions check, write down, wake
the order and say what came of it; the jobs do the work. Who may ask is decided at the door (`staging.core.roles`).
"""
