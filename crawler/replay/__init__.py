"""A job's own pages, recorded once and played back by a server of this machine with the latencies seen."""
