"""Compare: one job under many strategies, and an honest answer to which is best for it, and why.

    crawler compare -> runner: for each run  measure.py (counts the whole process tree)  ->  one.py (the crawl)

Every run is a fresh process tree with a state file and outputs of its own; nothing of the user's is touched. The demo
site or the replay server runs outside of the measured tree.
"""
