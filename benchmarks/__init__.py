"""Measures crawler: whole runs against other crawlers, and its parts against a reference. See docs/performance.md.

python -m benchmarks peers     the same pages, the same records: CPU for each page, pages a second, memory
python -m benchmarks parts     parse, fetch, loop, workbook, URLs, start-up: each as a ratio to a reference
python -m benchmarks advice    the advice of compare, and auto, on five servers that limit differently
"""
