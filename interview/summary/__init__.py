"""Summaries of transcripts by a language model that may only point at what was said: nothing leads from here to a score."""
