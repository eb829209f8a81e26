"""The rules of exercises: their kinds, and force-ranking. Pure."""
