"""A small HTTP server on this machine, in a process of its own: what the demo site and a replay have in common."""
