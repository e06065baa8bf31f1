"""What a comparison found, for people: a web page, Markdown and a workbook, in the same words and digits.

    write.py  ->  html_page.py (plots.py, svg.py, palette.py), markdown.py, workbook.py (charts.py)  ->  figures.py

What is printed on the terminal is in `crawler.cli.compare_text`.
"""
