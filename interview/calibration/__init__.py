"""Calibration: rate sample pitches alone, then see how far one's ratings are from what experts agreed on."""
