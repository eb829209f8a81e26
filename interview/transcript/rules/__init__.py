"""Bytes of a transcript file in, segments and line-numbered warnings out; no Flask, database, clock or network.

One module per format (`recognise(text)`, `read(text)`), listed in `reading.READERS`.
"""
