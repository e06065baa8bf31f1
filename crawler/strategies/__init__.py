"""How requests are executed: one file a family, found by name in `registry`."""
