"""From a serial number to an installed box: what a bare appliance is answered, and the scripts it runs.

Read `appliance.py` (what is known of a box), `answers.py` and `render.py` (what the installer is told),
`scripts.py` with `templates/` (what runs on the box), `serve.py` (who is answered, and who is not), then
`questions.py` (would the installer understand it). `routes.py` and `commands.py` are the edges.
"""
