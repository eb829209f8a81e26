"""What is done in the pitch interview beyond the pitch: force-ranking with a budget, briefs, a second take."""
