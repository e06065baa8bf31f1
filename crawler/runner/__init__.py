"""One run of a job: put together, ended, protected, published, and reported."""
