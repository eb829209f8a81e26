"""Recordings written down by a model: cut at quiet places, part by part, until there is a transcript."""
