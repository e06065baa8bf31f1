"""Small programs, each of which shows one thing about concurrency: `python -m crawler.lessons.programs.tickets CASE`.

Each stands alone and is shown whole in the report. It does one of its cases and prints what it found as a line of JSON.
"""
