"""The attacks and honest oddities of WATCH section 4, over HTTP against a server that is started for them.

`python -m tests.redteam` runs all of them on both databases, with one and with four web processes.
"""
