"""Looking at all scorecards together: comparison, debrief, decision, and the feedback a candidate gets."""
