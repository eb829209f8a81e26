"""Limits on how often one address may try: in memory by default.

Knows Flask-Limiter; views name their own limits.
"""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")
