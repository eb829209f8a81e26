"""The people of the team: accounts, sign-in links and passwords, sessions. Knows no job and no candidate."""
