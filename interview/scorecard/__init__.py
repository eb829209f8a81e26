"""Scorecards: one interviewer's own judgement of one interview, sealed until it is submitted."""
