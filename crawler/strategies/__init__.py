"""How requests are executed. `registry` finds a strategy by name."""
