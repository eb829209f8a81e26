"""Rubrics: what a scorecard asks and what each point of its scale looks like, frozen as versions."""
