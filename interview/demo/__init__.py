"""The product's own demo: its films, its job and its invented people; wiring that may see every room."""
