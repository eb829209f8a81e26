"""The smallest Django project that serves edx-completion's API as edx-platform does; runs in the peer's environment.

What edx-platform has and this has not (enrolment, bearer tokens, tracking logs, stored sessions) costs nothing here, in
the peer's favour. `python edx_site.py LEARNERS FILM_MS...` makes the tables and the learners and prints
their cookies as JSON; `edx_site:application` is the server.
"""

# mypy: ignore-errors
import json
import os
import sys
import types

import django
from django.conf import settings

COURSE = "course-v1:Bench+Films+2026"


def database():
    """Return Django's settings of the database in DATABASE_URL; SQLite as Django's own advice for writers has it."""
    url = os.environ["DATABASE_URL"]
    if url.startswith("sqlite:///"):
        options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///"), "OPTIONS": options}
    name, _, host = url.partition("@/")[2].partition("?host=")
    return {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": "postgres", "HOST": host}


def block(film_ms):
    """Return the key of the video block with a film of this length."""
    return f"block-v1:{COURSE.removeprefix('course-v1:')}+type@video+block@film{film_ms}"


def pretend_to_be_edx_platform():
    """Put in place what the API imports from edx-platform, and a tracker that writes its events nowhere."""
    from eventtracking import tracker
    from rest_framework.authentication import BaseAuthentication

    class CourseEnrollment:
        @staticmethod
        def is_enrolled(_user, _course):
            return True

    class BearerAuthenticationAllowInactiveUser(BaseAuthentication):
        def authenticate(self, request):
            return None

    tracker.register_tracker(tracker.Tracker(backends={}))
    for name, contents in {
        "common.djangoapps.student.models": {"CourseEnrollment": CourseEnrollment},
        "lms.djangoapps.course_api.blocks.api": {"get_blocks": None},
        "openedx.core.lib.api.authentication": {
            "BearerAuthenticationAllowInactiveUser": BearerAuthenticationAllowInactiveUser
        },
    }.items():
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
        vars(sys.modules[name]).update(contents)


settings.configure(
    SECRET_KEY="bench" * 10,
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    DATABASES={"default": {**database(), "CONN_MAX_AGE": 600}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "waffle", "completion",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "waffle.middleware.WaffleMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    ROOT_URLCONF="edx_site",
    JWT_AUTH={"JWT_AUTH_COOKIE": "edx-jwt-cookie"},
    LOGGING_CONFIG=None,
)  # fmt: skip
django.setup()
pretend_to_be_edx_platform()

from django.urls import include, path  # noqa: E402

urlpatterns = [path("api/completion/", include("completion.api.urls"))]


def seed(count, films):
    """Make the tables, the learners and what begins the counting for each; return cookies and the CSRF token."""
    from completion.models import BlockCompletion
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.signed_cookies import SessionStore
    from django.core.management import call_command
    from django.middleware.csrf import _get_new_csrf_string
    from opaque_keys.edx.keys import CourseKey, UsageKey
    from waffle.models import Switch

    call_command("migrate", verbosity=0)
    Switch.objects.create(name="completion.enable_completion_tracking", active=True)
    User = get_user_model()
    User.objects.bulk_create(User(username=f"learner{who}", password="!") for who in range(count))
    users = list(User.objects.order_by("id"))
    course = CourseKey.from_string(COURSE)
    keys = {film_ms: UsageKey.from_string(block(film_ms)) for film_ms in set(films)}
    BlockCompletion.objects.bulk_create(
        BlockCompletion(user=user, context_key=course, block_key=keys[film_ms], block_type="video", completion=0.0)
        for user, film_ms in zip(users, films, strict=False)
    )
    cookies = []
    for user in users:
        store = SessionStore()
        store[SESSION_KEY] = str(user.id)
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.save()
        cookies.append(f"sessionid={store.session_key}")
    return {"cookies": cookies, "csrf": _get_new_csrf_string()}


if __name__ == "__main__":
    given = [int(one) for one in sys.stdin.read().split()]
    print(json.dumps(seed(given[0], given[1:])))
else:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
