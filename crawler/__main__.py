"""`python -m crawler`."""

if __name__ == "__main__":
    import os
    import sys

    from crawler.cli.main import main

    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # all is written and closed; a thread that hangs in a request must not keep the process alive
