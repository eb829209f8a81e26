"""Pitchproof: hire salespeople by letting them sell you your own product."""
