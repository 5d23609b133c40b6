"""The configuration daemon: users, lines, numbers, devices and the engine's settings.

Read `documents.py` (what each thing looks like), `links.py` (what may be joined to what), then one file per noun;
`nested.py` creates a whole user in one request.
"""
