"""The settings: read once from the environment and .env, checked, one sentence per problem.

Knows the names of settings and nothing of what uses them.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

from interview.errors import Refusal


class BadSettings(Refusal):
    """Settings that the product cannot start with; one sentence per problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class ModelSettings:
    """Which language model there is: none while `base_url` is empty. Prices are of a million tokens."""

    base_url: str = ""
    api_key: str = field(default="", repr=False)  # never in a log or a traceback
    name: str = ""
    context_tokens: int = 32_000
    deadline_s: int = 30
    run_tokens_max: int = 200_000
    temperature: float | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    currency: str = "USD"
    allow_private: bool = False


@dataclass(frozen=True)
class SpeechSettings:
    """Which model writes down recordings: none while `base_url` or `name` is empty."""

    base_url: str = ""
    api_key: str = field(default="", repr=False)
    name: str = ""
    deadline_s: int = 600
    minute_price: Decimal | None = None
    currency: str = "USD"
    allow_private: bool = False


@dataclass(frozen=True)
class Settings:
    """Every setting, typed."""

    host: str
    port: int
    data_dir: Path
    database_url: str
    demo: bool
    secret_key: str
    base_url: str
    web_processes: int
    web_threads: int
    upload_limit_bytes: int
    link_days: int
    trusted_proxies: int
    metrics_token: str
    model: ModelSettings = ModelSettings()
    speech: SpeechSettings = SpeechSettings()

    @property
    def is_https(self) -> bool:
        """Say whether people reach the product over HTTPS, so that cookies can insist on it."""
        return self.base_url.startswith("https://")

    @property
    def sqlite_path(self) -> Path | None:
        """Return the file of the SQLite database, or None on PostgreSQL."""
        prefix = "sqlite:///"
        return Path(self.database_url[len(prefix) :]) if self.database_url.startswith(prefix) else None


def read_env_file(path: Path) -> dict[str, str]:
    """Read NAME=value lines of a .env file; blank lines and # comments are skipped.

    Raises BadSettings with the line number of a line that is neither.
    """
    if not path.exists():
        return {}
    found: dict[str, str] = {}
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign or not name.strip().replace("_", "").isalnum():
            raise BadSettings([f"{path.name} line {number} is not NAME=value: correct it or put a # in front of it."])
        found[name.strip()] = value.strip().strip("\"'")
    return found


class _Reader:
    """Takes settings out of a mapping and collects what is wrong with them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self.values.get(name, "").strip() or default

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if raw.isascii() and raw.isdigit() and low <= int(raw) <= high:
            return int(raw)
        self.problems.append(f"{name} is {raw!r}, but must be a whole number from {low} to {high}.")
        return default

    def switch(self, name: str, default: bool) -> bool:
        raw = self.text(name, "1" if default else "0").lower()
        if raw in {"1", "true", "yes", "on"}:
            return True
        if raw not in {"0", "false", "no", "off"}:
            self.problems.append(f"{name} is {raw!r}, but must be 1 or 0.")
        return False


def load(environ: Mapping[str, str] | None = None, *, env_file: Path | None = None) -> Settings:
    """Read and check all settings; the environment wins over .env.

    Raises BadSettings with one sentence per problem.
    """
    environ = os.environ if environ is None else environ
    read = _Reader({**read_env_file(env_file or Path(".env")), **environ})
    host = read.text("HOST", "127.0.0.1")
    port = read.whole("PORT", 8000, 1, 65535)
    data_dir = Path(read.text("DATA_DIR", "var")).expanduser().absolute()
    settings = Settings(
        host=host,
        port=port,
        data_dir=data_dir,
        database_url=_database_url(read, data_dir),
        demo=read.switch("DEMO", True),
        secret_key=_secret_key(read, data_dir),
        base_url=read.text("BASE_URL", _own_address(host, port)).rstrip("/"),
        web_processes=read.whole("WEB_PROCESSES", 1, 1, 64),
        web_threads=read.whole("WEB_THREADS", 16, 1, 256),
        upload_limit_bytes=read.whole("UPLOAD_LIMIT_MB", 1024, 1, 100_000) * 1_000_000,
        link_days=read.whole("LINK_DAYS", 14, 1, 365),
        trusted_proxies=read.whole("TRUSTED_PROXIES", 0, 0, 5),
        metrics_token=read.text("METRICS_TOKEN", ""),
        model=_model(read),
        speech=_speech(read),
    )
    if not settings.base_url.startswith(("http://", "https://")):
        read.problems.append("BASE_URL must start with http:// or https://, as people type it in the browser.")
    if settings.demo and not _is_loopback(host):
        read.problems.append(
            f"DEMO is on and HOST is {host}: the demo has sign-in links for everyone, so it only runs on this machine "
            "(HOST=127.0.0.1). Set DEMO=0 to serve other machines."
        )
    if read.problems:
        raise BadSettings(read.problems)
    return settings


def _model(read: _Reader) -> ModelSettings:
    found = ModelSettings(
        base_url=read.text("MODEL_BASE_URL", "").rstrip("/"),
        api_key=read.text("MODEL_API_KEY", ""),
        name=read.text("MODEL_NAME", ""),
        context_tokens=read.whole("MODEL_CONTEXT", 32_000, 2_000, 10_000_000),
        deadline_s=read.whole("MODEL_DEADLINE_S", 30, 5, 900),
        run_tokens_max=read.whole("MODEL_RUN_TOKENS", 200_000, 2_000, 100_000_000),
        temperature=_number(read, "MODEL_TEMPERATURE", read.text("MODEL_TEMPERATURE", ""), high=2),
        input_price=_price(read, "MODEL_INPUT_PRICE", read.text("MODEL_INPUT_PRICE", "")),
        output_price=_price(read, "MODEL_OUTPUT_PRICE", read.text("MODEL_OUTPUT_PRICE", "")),
        currency=read.text("MODEL_CURRENCY", "USD")[:8],
        allow_private=read.switch("MODEL_ALLOW_PRIVATE", False),
    )
    if found.base_url:
        read.problems += _model_problems(found)
    return found


def _speech(read: _Reader) -> SpeechSettings:
    name = read.text("SPEECH_MODEL_NAME", "")
    model_url = read.text("MODEL_BASE_URL", "").rstrip("/")
    base_url = read.text("SPEECH_BASE_URL", model_url).rstrip("/")
    # No other server is told the key of this one.
    api_key = read.text("SPEECH_API_KEY", read.text("MODEL_API_KEY", "") if base_url == model_url else "")
    found = SpeechSettings(
        base_url=base_url if name else "",
        api_key=api_key,
        name=name,
        deadline_s=read.whole("SPEECH_DEADLINE_S", 600, 30, 7200),
        minute_price=_price(read, "SPEECH_MINUTE_PRICE", read.text("SPEECH_MINUTE_PRICE", "")),
        currency=read.text("MODEL_CURRENCY", "USD")[:8],
        allow_private=read.switch("MODEL_ALLOW_PRIVATE", False),
    )
    if name and not found.base_url:
        read.problems.append(
            "SPEECH_MODEL_NAME is set, but neither SPEECH_BASE_URL nor MODEL_BASE_URL says where it is."
        )
    if found.base_url:
        read.problems += _address_problems("SPEECH", found)
    return found


def _model_problems(found: ModelSettings) -> list[str]:
    problems = _address_problems("MODEL", found)
    if not found.name:
        problems.append("MODEL_BASE_URL is set and MODEL_NAME is not: name the model to ask.")
    return problems


def _address_problems(kind: str, found: ModelSettings | SpeechSettings) -> list[str]:
    problems = []
    try:
        address = urlsplit(found.base_url)
        usable = address.scheme in ("http", "https") and bool(address.hostname) and (address.port or 1) > 0
    except ValueError:
        return [f"{kind}_BASE_URL is no address: write it like https://api.example.com/v1."]
    if not usable or address.query or address.fragment:
        problems.append(f"{kind}_BASE_URL must be like https://api.example.com/v1, without ? and #.")
    if address.username or address.password:
        problems.append(f"{kind}_BASE_URL must not hold a name or a password: the key belongs into {kind}_API_KEY.")
    if address.scheme == "http" and not found.allow_private:
        problems.append(
            f"{kind}_BASE_URL starts with http://, so key and pitches could be read on the way. Use https://, or for "
            "a server on your own network set MODEL_ALLOW_PRIVATE=1."
        )
    if any(ord(one) < 33 or ord(one) > 126 for one in found.api_key):
        problems.append(f"{kind}_API_KEY has a character that no key has: copy it again.")
    return problems


def _price(read: _Reader, name: str, raw: str) -> Decimal | None:
    number = _number(read, name, raw, high=1_000_000)
    return None if number is None else Decimal(raw)


def _number(read: _Reader, name: str, raw: str, *, high: int) -> float | None:
    if not raw:
        return None
    try:
        number = Decimal(raw)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and 0 <= number <= high:
        return float(number)
    read.problems.append(f"{name} is {raw!r}, but must be a number from 0 to {high}, like 0.15, or empty.")
    return None


def _database_url(read: _Reader, data_dir: Path) -> str:
    url = read.text("DATABASE_URL", f"sqlite:///{data_dir / 'pitchproof.sqlite'}")
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        read.problems.append("DATABASE_URL must start with sqlite:/// or postgresql://.")
    return url


def _secret_key(read: _Reader, data_dir: Path) -> str:
    """Return SECRET_KEY, or one made on the first start and kept in DATA_DIR, readable by the owner alone."""
    given = read.text("SECRET_KEY", "")
    if given:
        if len(given) < 32:
            read.problems.append("SECRET_KEY is shorter than 32 characters: use a long random one, or leave it empty.")
        return given
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        return path.read_text().strip()
    except OSError as problem:
        read.problems.append(
            f"DATA_DIR {data_dir} cannot be written: {problem.strerror}. Make it writable or name another."
        )
        return ""


def _own_address(host: str, port: int) -> str:
    everywhere = host in ("0.0.0.0", "::")  # noqa: S104 (recognised, not bound)
    return f"http://{'127.0.0.1' if everywhere else host}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
