"""The command line: one file a command; results on stdout, progress on stderr, exit codes in one place."""
