"""`python -m crawler`."""

if __name__ == "__main__":
    from crawler.cli.main import main

    raise SystemExit(main())
