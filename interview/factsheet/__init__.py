"""Fact sheet: what a candidate should know of the product, for the panel to listen for, and where it is said."""
