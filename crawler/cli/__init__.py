"""The command line: results on stdout, progress and errors on stderr. Each command has its own module."""
