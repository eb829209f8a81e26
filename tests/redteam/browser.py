"""The cases that need a real player: Chromium, in real time, with short films that were really uploaded and probed."""
