"""The transcript room: what was said in an interview, read from the file a person brings, cited by segment.

It must not know scorecards, summaries or the model: they cite its segments.
"""
