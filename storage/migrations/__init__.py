"""The steps that bring a database of any age to the tables of today.

A new step is a new file in ``versions``, named by its number, with ``down_revision`` set to the one before
it. It names every constraint that it makes, runs on SQLite and PostgreSQL, and imports nothing of ours:
tables.py moves on, a step stays what it was. ``tests/storage/test_migrations.py`` holds the last step
against tables.py, and ``NEWEST`` against the last step.
"""

NEWEST = "0006"
"""The number of the last step: a database that stands there needs nothing, and Alembic is not loaded."""
