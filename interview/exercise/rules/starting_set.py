"""The requests that a force-rank exercise starts with; the hiring manager changes them at will. Pure."""

from __future__ import annotations

from typing import Final

from interview.exercise.rules.force_rank import FeatureRequest, Figures, RequestSet

STARTING_SET: Final = RequestSet(
    budget=40,
    minutes=20,
    news=(
        "This morning the customer behind the audit trail gave notice unless it comes, the calendar turned out to be "
        "much more work, and support brought a request of its own."
    ),
    requests=(
        FeatureRequest(
            "single_sign_on",
            "Single sign-on",
            "Asked for by larger customers; two deals wait for it.",
            Figures(customers=9, revenue=180, churn=40, effort=13),
        ),
        FeatureRequest(
            "calendar",
            "Two-way calendar",
            "The loudest request of all: one customer writes every week.",
            Figures(customers=14, revenue=60, churn=70, effort=8),
            Figures(customers=14, revenue=60, churn=70, effort=16),
        ),
        FeatureRequest(
            "audit_trail",
            "Audit trail to export",
            "One customer of long standing needs it for a certificate.",
            Figures(customers=3, revenue=30, churn=20, effort=8),
            Figures(customers=3, revenue=30, churn=150, effort=8),
        ),
        FeatureRequest(
            "mobile",
            "Mobile app",
            "Everybody likes the idea. Nobody has left for want of it.",
            Figures(customers=31, revenue=90, churn=10, effort=34),
        ),
        FeatureRequest(
            "import",
            "Import from the old tool",
            "Shortens the first week of every new customer.",
            Figures(customers=12, revenue=75, churn=35, effort=5),
        ),
        FeatureRequest(
            "white_label",
            "Own logo and colours",
            "One very large prospect makes it a condition. Its market is not ours.",
            Figures(customers=1, revenue=210, churn=0, effort=21),
        ),
        FeatureRequest(
            "reports",
            "Reports to schedule",
            "Asked for in most renewals, rarely used where it was tried.",
            Figures(customers=18, revenue=25, churn=45, effort=8),
        ),
        FeatureRequest(
            "speed",
            "Faster lists",
            "Customers with much data wait for seconds. Named in four of the last ten cancellations.",
            Figures(customers=11, revenue=0, churn=120, effort=8),
        ),
        FeatureRequest(
            "dark_mode",
            "Dark mode",
            "The top of the public wish list, by votes.",
            Figures(customers=44, revenue=5, churn=5, effort=3),
        ),
        FeatureRequest(
            "bulk_undo",
            "Undo for bulk changes",
            "Every week somebody loses an afternoon; two customers have stopped using bulk changes.",
            None,
            Figures(customers=16, revenue=10, churn=80, effort=5),
        ),
    ),
)
