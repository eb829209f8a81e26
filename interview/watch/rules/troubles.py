"""What a third-party player may refuse to do, by code: words for the team, what to do, words for the candidate."""

from collections.abc import Mapping
from dataclasses import dataclass

LENGTH = "length"  # not a refusal: the film is longer or shorter than was confirmed


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that can go wrong: `what` and `do` for the team, `told` for the candidate."""

    what: str
    do: str
    told: str


_ANOTHER = "Upload the film here, or replace it by an address that plays on other pages."
_NOT_YOU = "That is nothing you did."

# YouTube's numbers are those of its player; the words are our own, for what every player can run into.
TROUBLES: Mapping[str, Trouble] = {
    "2": Trouble(
        "YouTube does not know this address",
        "Open the address yourself and replace it by the right one.",
        f"YouTube does not know this film. {_NOT_YOU}",
    ),
    "5": Trouble(
        "YouTube's player broke off while playing",
        "If it happens to several candidates, upload the film here instead.",
        "YouTube’s player broke off. Trying again often helps; so does another browser.",
    ),
    "100": Trouble(
        "The film was removed or made private",
        f"Make it “unlisted” on YouTube again. {_ANOTHER}",
        f"This film was removed from YouTube or made private. {_NOT_YOU}",
    ),
    "101": Trouble(
        "The film may not be played on other pages, or it has an age limit",
        f"Allow embedding in YouTube Studio and remove the age limit. {_ANOTHER}",
        f"The film’s owner does not allow playing it on other pages. {_NOT_YOU}",
    ),
    "150": Trouble(
        "The film may not be played on other pages, or it has an age limit",
        f"Allow embedding in YouTube Studio and remove the age limit. {_ANOTHER}",
        f"The film’s owner does not allow playing it on other pages. {_NOT_YOU}",
    ),
    "153": Trouble(
        "YouTube was not told which page plays the film",
        "A browser setting, an extension or a proxy removes the referrer. Offer the candidate another browser, or "
        "upload the film here.",
        "Your browser or an extension does not tell YouTube which page plays the film, and YouTube insists on it. "
        "Another browser may work.",
    ),
    "age": Trouble(
        "The player asks candidates to sign in or to confirm their age",
        f"Remove the age limit where the film lies. {_ANOTHER}",
        "You need not sign in anywhere for us. The team is told.",
    ),
    "private": Trouble(
        "The film is private, or may not be played on this page",
        f"Change the film's privacy and the pages it may be played on where it lies. {_ANOTHER}",
        f"The film is private where it lies. {_NOT_YOU}",
    ),
    "password": Trouble(
        "The film asks for a password",
        f"Take the password off where it lies. {_ANOTHER}",
        f"The film is behind a password where it lies. {_NOT_YOU}",
    ),
    "missing": Trouble(
        "The film is not there any more",
        f"Look at the address yourself. {_ANOTHER}",
        f"The film is not there any more. {_NOT_YOU}",
    ),
    "player": Trouble(
        "The player stopped with an error",
        "If it happens to several candidates, upload the film here instead.",
        "The player stopped with an error. Trying again often helps; so does another browser.",
    ),
    "blocked": Trouble(
        "The player did not load within 15 seconds",
        "The candidate's network, browser or an extension blocks it. Offer the transcript, or upload the film here.",
        "The player did not load: the network, the browser or an extension may block it. Nothing you watched is lost.",
    ),
    LENGTH: Trouble(
        "The film's length differs from the confirmed one: was it changed?",
        "Open the address and compare. If it is the right film, enter its length anew with “Replace by an address”.",
        "",  # watching goes on; there is nothing to tell
    ),
}
