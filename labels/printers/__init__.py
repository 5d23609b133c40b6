"""Ways to print, one file each. Read `printer.py` for what they share and `choose.py` for how one is chosen."""
