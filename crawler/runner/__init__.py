"""One run of a job: assembled, ended, compared, published and reported."""
