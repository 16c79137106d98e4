"""What landwatch remembers: tables, store, spool, migrations."""
