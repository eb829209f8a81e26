"""The read API for other programs: tokens, what they open, and its OpenAPI description."""
