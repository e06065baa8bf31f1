"""The experiments of the course notes on Python concurrency, run with this crawler."""
