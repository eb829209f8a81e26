"""Watching: material for preparation, and what the server itself found about how much of it was watched."""
