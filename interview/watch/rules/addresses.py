"""What an address pasted by a hiring manager is: a YouTube, Vimeo or Wistia film, or a plain link; always canonical.

The server never fetches an address. It sends candidates there, so what leads into their own network is refused.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

import idna

from interview.errors import Invalid
from interview.watch.rules.material import Source

ADDRESS_MAX = 1000
_BARE = re.compile(r"[\w-]+(\.[\w-]+)+([/?#].*)?")  # "www.example.com/film", as people copy it
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_LAST_LABEL_OF_A_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_OWN_NETWORK = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "test", "invalid")
_ARPA = ".home.arpa"
_YOUTUBE = {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com"}
_NOCOOKIE = {"youtube-nocookie.com", "www.youtube-nocookie.com"}
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_YOUTUBE_PATH = re.compile(r"/(?:embed|shorts|live|v)/([A-Za-z0-9_-]{11})/?")
_VIMEO_PATH = re.compile(r"/(?:(?:channels/[\w-]+|groups/[\w-]+/videos|(?:album|showcase)/\d+/video|manage/videos)/)?"
                         r"(\d{5,12})(?:/([0-9a-f]{6,20}))?/?")  # fmt: skip
_VIMEO_PLAYER = re.compile(r"/video/(\d{5,12})/?")
_VIMEO_HASH = re.compile(r"[0-9a-f]{6,20}")
_WISTIA_PATH = re.compile(r"/(?:medias|share|embed/medias|embed/iframe)/([a-z0-9]{10})(?:\.(?:js|jsonp|json))?/?")
_UNREADABLE = "This is no address of a page. Copy it from the browser's address line; it begins with https://."
_OWN_SENTENCE = (
    "This address leads into somebody's own network, where candidates cannot go. Use one that everybody can open."
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where material lies: what plays it, and its canonical address, which people can open too."""

    source: Source
    url: str

    @property
    def video_id(self) -> str:
        """Return the provider's own name of an embedded film."""
        return self.url.partition("v=")[2] if self.source is Source.YOUTUBE else self.url.rstrip("/").rsplit("/", 1)[-1]

    @property
    def player_url(self) -> str:
        """Return what the player's element is given, on the provider's most private host."""
        if self.source is Source.YOUTUBE:
            return f"https://www.youtube-nocookie.com/embed/{self.video_id}"
        return f"https://fast.wistia.com/medias/{self.video_id}" if self.source is Source.WISTIA else self.url


def read_address(text: str) -> Address:
    """Recognise a pasted address; raise Invalid with a sentence for what cannot be opened or must not be."""
    text = text.strip()
    if not text:
        raise _refused("Paste the address of the film or the recording.")
    if len(text) > ADDRESS_MAX:
        raise _refused(f"The address is longer than {ADDRESS_MAX} characters. Use the sharing address of the page.")
    if "\\" in text or any(sign.isspace() or not sign.isprintable() for sign in text):
        raise _refused(_UNREADABLE)
    parts = _split(text if not _BARE.fullmatch(text) else f"https://{text}")
    host = _public_host(parts)
    return _youtube(host, parts) or _vimeo(host, parts) or _wistia(host, parts) or _link(host, parts)


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        has_credentials, port = parts.username is not None or parts.password is not None, parts.port
    except ValueError:
        raise _refused(_UNREADABLE) from None
    if parts.scheme in ("javascript", "data", "vbscript", "blob", "file", "about"):
        raise _refused("This is a script or a file, not the address of a page. Use one that begins with https://.")
    if parts.scheme not in ("http", "https") or not text[len(parts.scheme) :].startswith("://") or not parts.hostname:
        raise _refused(_UNREADABLE)
    if has_credentials:
        raise _refused("The address holds a name or a password before the @. Candidates would see it: use one without.")
    if port == 0:
        raise _refused(_UNREADABLE)
    return parts


def _public_host(parts: SplitResult) -> str:
    """Return the host as a browser would understand it. Raises Invalid for one that is not open to everybody."""
    host = parts.hostname or ""
    if ":" in host or parts.netloc.startswith("["):
        _check_number(host.partition("%")[0])
        return f"[{host}]"
    try:
        host = idna.encode(host, uts46=True).decode() if not host.isascii() else host.lower()
    except idna.IDNAError:
        raise _refused(_UNREADABLE) from None
    host = host.removesuffix(".")
    if _LAST_LABEL_OF_A_NUMBER.fullmatch(host.rsplit(".", 1)[-1]):  # browsers read 127.1 and 0x7f000001 as numbers
        _check_number(host)
        return host
    if host.rsplit(".", 1)[-1] in _OWN_NETWORK or f".{host}".endswith(_ARPA):
        raise _refused(_OWN_SENTENCE)
    if not _HOST.fullmatch(host):
        raise _refused(_OWN_SENTENCE if re.fullmatch(r"[a-z0-9-]+", host) else _UNREADABLE)
    return host


def _check_number(host: str) -> None:
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        raise _refused(_UNREADABLE) from None
    inside = getattr(number, "ipv4_mapped", None) or getattr(number, "sixtofour", None) or number
    if not (number.is_global and inside.is_global) or number.is_multicast:
        raise _refused(_OWN_SENTENCE)


def _youtube(host: str, parts: SplitResult) -> Address | None:
    found = None
    if host == "youtu.be":
        found = _YOUTUBE_ID.fullmatch(parts.path.strip("/"))
    elif host in _YOUTUBE | _NOCOOKIE:
        if parts.path.rstrip("/") == "/watch":
            found = _YOUTUBE_ID.fullmatch(parse_qs(parts.query).get("v", [""])[0])
        elif (place := _YOUTUBE_PATH.fullmatch(parts.path)) and place[1] != "videoseries":
            found = _YOUTUBE_ID.fullmatch(place[1])
    return Address(Source.YOUTUBE, f"https://www.youtube.com/watch?v={found[0]}") if found else None


def _vimeo(host: str, parts: SplitResult) -> Address | None:
    if host not in ("vimeo.com", "www.vimeo.com", "player.vimeo.com"):
        return None
    found = (_VIMEO_PLAYER if host.startswith("player.") else _VIMEO_PATH).fullmatch(parts.path)
    if not found:
        return None
    given = parse_qs(parts.query).get("h", [""])[0]
    secret = (found[2] if found.re is _VIMEO_PATH else None) or (given if _VIMEO_HASH.fullmatch(given) else "")
    return Address(Source.VIMEO, f"https://vimeo.com/{found[1]}" + (f"/{secret}" if secret else ""))


def _wistia(host: str, parts: SplitResult) -> Address | None:
    if not f".{host}".endswith((".wistia.com", ".wistia.net", ".wi.st")):
        return None
    found = _WISTIA_PATH.fullmatch(parts.path)
    return Address(Source.WISTIA, f"https://fast.wistia.net/embed/iframe/{found[1]}") if found else None


def _link(host: str, parts: SplitResult) -> Address:
    port = f":{parts.port}" if parts.port and parts.port != {"http": 80, "https": 443}[parts.scheme] else ""
    url = f"{parts.scheme}://{host}{port}{_quoted(parts.path) or '/'}"
    url += f"?{_quoted(parts.query)}" if parts.query else ""
    url += f"#{_quoted(parts.fragment)}" if parts.fragment else ""
    if len(url) > ADDRESS_MAX:
        raise _refused(f"The address is longer than {ADDRESS_MAX} characters. Use the sharing address of the page.")
    return Address(Source.LINK, url)


def _quoted(part: str) -> str:
    return quote(part, safe="!#$%&'()*+,/:;=?@[]~|^`{}").replace("'", "%27")


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"address": sentence})
