"""The state of one job in one SQLite file: frontier, outcomes, records, runs."""
