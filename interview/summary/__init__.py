"""Summaries of transcripts by a language model that may only point at what was said; no way leads on to a score."""
