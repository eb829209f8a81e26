"""The entry point of gunicorn and of `flask --app wsgi`."""

import sys

from interview.app import create_app
from interview.config import BadSettings

try:
    app = create_app()
except BadSettings as bad:
    sys.exit("\n".join(bad.problems))
