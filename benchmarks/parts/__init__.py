"""Parts of crawler, each measured against a reference in the same run: a ratio hardly depends on the machine.

`suite.py` measures, `command.py` compares with `baseline.json`; the other files hold the parts.
"""
