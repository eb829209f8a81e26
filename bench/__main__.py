"""`make bench`; `.venv/bin/python -m bench crowd` runs one topic alone (beats, board, compare, agreement, transcripts,
crowd)."""

import sys

from bench.run import main

main(sys.argv[1:])
