"""What became of who was hired: ramp, quota, still here, after 3, 6 and 12 months. Reads decisions; changes none."""
