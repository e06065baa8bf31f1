"""A small HTTP server on this machine in its own process, shared by the demo site and replay."""
