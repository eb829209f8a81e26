"""The first pages: home with your tasks, and the board of a job. Reads every room below; writes nothing."""
