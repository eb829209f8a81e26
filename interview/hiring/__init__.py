"""Hiring: jobs, candidates, applications, personal links, interviews and panels. Knows nothing of the rooms above."""
