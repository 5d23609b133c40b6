"""What the service writes down. Read `tables.py`, `database.py`, then one file per noun.

Every noun's class takes the database and speaks in the values of the pure parts; none holds state of its own.
"""
