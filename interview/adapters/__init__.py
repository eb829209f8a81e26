"""The real doors to the outside world; they know `ports.py` and no room."""
