"""What tests lean on that is no test itself: a browser, a PostgreSQL, later the cast and the client."""
