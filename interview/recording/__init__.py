"""Recordings of pitches: how a job takes them, what a candidate records, uploads or types, and the film made of it."""
