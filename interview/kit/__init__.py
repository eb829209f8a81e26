"""Interview kit: what runs the pitch interview for its panel, and what each notes and ticks meanwhile."""
