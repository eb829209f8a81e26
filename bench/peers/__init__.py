"""Other products that record watching, each in an environment of its own, under the same load."""
