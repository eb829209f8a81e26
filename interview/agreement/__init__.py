"""The agreement room: do raters agree, and can their ratings tell candidates apart?

It must not know scorecards, jobs or people: whoever has ratings hands them over as rows of names and a value.
"""
