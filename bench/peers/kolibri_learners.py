"""Fills a fresh Kolibri with signed-in learners, each in front of a video; runs in the peer's environment.

Reads the number of learners from standard input and prints their session cookies and open content sessions as JSON.
"""

# mypy: ignore-errors
import json
import sys
import uuid

from kolibri.main import initialize

initialize()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.db import transaction  # noqa: E402
from kolibri.core.auth.backends import SessionStore  # noqa: E402
from kolibri.core.auth.models import Facility, FacilityUser  # noqa: E402
from kolibri.core.logger.models import ContentSessionLog, ContentSummaryLog  # noqa: E402
from kolibri.utils.time_utils import local_now  # noqa: E402

CHANNEL, NODE = uuid.uuid5(uuid.NAMESPACE_URL, "channel").hex, uuid.uuid5(uuid.NAMESPACE_URL, "node").hex


def learner(facility, who, content_id):
    """Make one learner with a session, and the logs that opening a video leaves (as trackprogress does it)."""
    user = FacilityUser.objects.create(username=f"learner{who}", full_name="Learner", facility=facility, password="!")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "kolibri.core.auth.backends.FacilityUserBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    now = local_now()
    common = {"content_id": content_id, "channel_id": CHANNEL, "user": user, "kind": "video"}
    times = {"start_timestamp": now, "end_timestamp": now}
    ContentSummaryLog.objects.create(**common, **times)
    log = ContentSessionLog.objects.create(**common, **times, extra_fields={"context": {"node_id": NODE}})
    return {"cookie": session.session_key, "session": log.id}


def main():
    """Make them all in one transaction."""
    content_id = uuid.uuid5(uuid.NAMESPACE_URL, "content").hex
    with transaction.atomic():
        facility = Facility.objects.get()
        people = [learner(facility, who, content_id) for who in range(int(sys.stdin.read()))]
    print("\n" + json.dumps({"people": people, "content": content_id, "channel": CHANNEL, "node": NODE}))


if __name__ == "__main__":
    main()
