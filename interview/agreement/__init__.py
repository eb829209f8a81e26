"""The agreement room: do raters agree, and can their ratings tell candidates apart? Numbers from any table of ratings.

It must not know scorecards, jobs or people: whoever has ratings hands them over as (candidate, rater, criterion, value).
"""
