"""Preparation: consent, the checklist, the gate before the pitch, what candidates ask for. Knows nothing of scores."""
