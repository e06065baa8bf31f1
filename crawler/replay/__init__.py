"""Record the pages of a job once, and replay them from a local server with the recorded latencies."""
