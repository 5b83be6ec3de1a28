"""One file between a clone and a running product. Needs Python 3.11+ and nothing else.

    python3 tools/bootstrap.py demo     install, load demo data, serve on http://127.0.0.1:8000
    python3 tools/bootstrap.py test     install, then run every check and test

Further verbs: lint, docs, bench, screens, lock. Words after the verb are passed on (``demo --port 9000``, ``test -k ledger``).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("ARREARS_VENV", ROOT / ".venv"))
BIN = VENV / "bin"
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def run(*command: object, check: bool = True, **env: str) -> int:
    words = [str(c) for c in command]
    print("+", " ".join(words), file=sys.stderr, flush=True)
    code = subprocess.run(words, cwd=ROOT, env=os.environ | env, check=False).returncode
    if check and code:
        sys.exit(code)
    return code


def install(lock: str) -> None:
    """A virtual environment that holds exactly what ``lock`` names, checked by hash; nothing done when it is current."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the message is the point
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}.")
    stamp = VENV / ".installed"
    state = hashlib.sha256(b"".join((ROOT / p).read_bytes() for p in (lock, "pyproject.toml"))).hexdigest()
    have = stamp.read_text().split("\n") if stamp.exists() else []
    if state in have:
        return
    if not (BIN / "python").exists():
        try:
            venv.create(VENV, with_pip=True, clear=False)
        except (subprocess.CalledProcessError, SystemExit, ModuleNotFoundError):
            sys.exit("Python's venv module is incomplete. On Debian or Ubuntu: apt-get install python3-venv")
    pip = (BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--require-hashes", "--no-deps", "-r", lock)
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ".")
    stamp.write_text("\n".join([*have, state]))


def browser() -> None:
    """Chromium and a Chinese font for the browser tests: installed by apt when we may, else asked for."""
    chromium = next((p for p in CHROMIUM if Path(p).exists()), None)
    fonts = (
        shutil.which("fc-list") and subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
    )
    if chromium and fonts:
        return
    packages = ("chromium", "fonts-noto-cjk", "fontconfig")
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"The browser tests need Chromium and a CJK font: sudo apt-get install {' '.join(packages)}")
    run("apt-get", "update", "-qq", DEBIAN_FRONTEND="noninteractive")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, DEBIAN_FRONTEND="noninteractive")


def lint() -> int:
    """Every static check, all of them even if one fails."""
    checks = (
        (BIN / "ruff", "check", "src", "tests", "tools", "bench"),
        (BIN / "ruff", "format", "--check", "src", "tests", "tools", "bench"),
        (BIN / "mypy",),
        (BIN / "lint-imports",),
        (BIN / "python", "tools/house_checks.py"),
        (BIN / "python", "tools/check_scope.py"),
        (BIN / "python", "tools/messages.py", "check"),
    )
    codes = [run(*words, check=False) for words in checks]
    return max(codes)


def test(words: list[str]) -> int:
    install("requirements-dev.lock")
    browser()
    code = 0 if words else lint()
    return max(code, run(BIN / "python", "-m", "pytest", *(words or ["-n", str(min(4, os.cpu_count() or 2))]), check=False))


def bench(words: list[str]) -> int:
    """Each benchmark in the size its ``--small`` stands for; run one alone with its own arguments for real sizes."""
    install("requirements-dev.lock")
    names = [p for p in sorted((ROOT / "bench").glob("*.py")) if not p.name.startswith("_")]
    return max((run(BIN / "python", p, *(words or ["--small"]), check=False) for p in names), default=0)


def lock() -> int:
    install("requirements-dev.lock")
    options = (
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-header",
        "--no-annotate",
        "-q",
    )
    for target, extras in (("requirements.lock", ("build",)), ("requirements-dev.lock", ("build", "dev"))):
        wanted = [word for extra in extras for word in ("--extra", extra)]
        run("uv", "pip", "compile", "pyproject.toml", *options, *wanted, "-o", target)
    return 0


def main() -> int:
    verb, words = (sys.argv[1] if len(sys.argv) > 1 else "help"), sys.argv[2:]
    if verb == "demo":
        install("requirements.lock")
        return run(BIN / "arrears", "demo", *words, check=False)
    if verb == "test":
        return test(words)
    if verb == "lint":
        install("requirements-dev.lock")
        return lint()
    if verb == "docs":
        install("requirements-dev.lock")
        return run(BIN / "mkdocs", "build", "--strict", *words, check=False)
    if verb == "screens":
        install("requirements-dev.lock")
        browser()
        return run(BIN / "python", "tools/screenshots.py", *words, check=False)
    if verb == "bench":
        return bench(words)
    if verb == "lock":
        return lock()
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
