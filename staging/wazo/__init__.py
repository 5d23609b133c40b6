"""Pure way from a numbering plan to a working stack; no file here reaches the outside.

Read `state.py`, `facts.py`, `desired.py` (what we want), `live_state.py`, `live.py` (what is there), `change.py`,
`diff.py` (what differs), `guard.py` (is it safe), `actions.py` (which requests), then `undo.py` and `verify.py`.
The loop that uses them: read, `changes`, `ready_actions`, send, again until nothing is due.
"""
