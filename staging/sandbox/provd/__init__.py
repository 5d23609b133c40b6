"""The provisioning daemon: which phones were seen, what each shall become, and the file it reads.

Read `state.py`, then `models.py` and `phone_file.py`; `routes.py` is its HTTP face, `files.py` what phones ask.
"""
