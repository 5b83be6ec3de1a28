"""Takes the pictures of ``docs/screens`` from the demo, by one command, so that the documentation never shows an old screen.

    python tools/screenshots.py                     makes a demo in a folder of its own, serves it, takes all pictures
    python tools/screenshots.py --url http://...    of a demo that is already running
    python tools/screenshots.py --only overview     some of them

Wide pictures are 1440 pixels, phone pictures 390. The business date is fixed, so that figures and names stay the same.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screens"
PASSWORD = os.environ.get("ARREARS_DEMO_PASSWORD", "arrears-demo-2026")
BUSINESS_DATE = "2026-11-23"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


@dataclass(frozen=True)
class Look:
    """One way of looking: language, width, light or dark."""

    name: str
    language: str
    width: int
    height: int
    dark: bool


ZH_WIDE = Look("zh-wide", "zh-CN", 1440, 900, False)
EN_WIDE = Look("en-wide", "en-US", 1440, 900, False)
ZH_DARK = Look("zh-wide-dark", "zh-CN", 1440, 900, True)
EN_PHONE = Look("en-phone-dark", "en-US", 390, 844, True)
ZH_PHONE = Look("zh-phone", "zh-CN", 390, 844, False)


@dataclass(frozen=True)
class Screen:
    """A page to show: who looks, where it is, in which looks. ``{customer}`` and ``{agreement}`` are found on the demo."""

    name: str
    path: str
    user: str = "lead"
    looks: tuple[Look, ...] = (ZH_WIDE, EN_PHONE)
    status: int = 200


SCREENS = (
    Screen("sign-in", "/sign-in", "", (ZH_WIDE, EN_PHONE)),
    Screen("overview", "/overview?creditor=QH", looks=(ZH_WIDE, EN_WIDE, ZH_DARK, EN_PHONE)),
    Screen("overview-cards", "/overview?creditor=UCI&date=2005-09-30", looks=(EN_WIDE,)),
    Screen("customers", "/customers?creditor=QH"),
    Screen("customer", "{customer}", looks=(ZH_WIDE, EN_WIDE, ZH_DARK, EN_PHONE, ZH_PHONE)),
    Screen("customer-looking-back", "{customer}?as_of=2026-10-15", looks=(ZH_WIDE,)),
    Screen("customer-timeline", "{customer}?tab=timeline", looks=(ZH_WIDE,)),
    Screen("customer-people", "{customer}?tab=people", looks=(ZH_WIDE, EN_PHONE)),
    Screen("customer-consents", "{customer}?tab=consents", looks=(ZH_WIDE,)),
    Screen("agreement", "{agreement}"),
    Screen("worklist", "/worklist"),
    Screen("imports", "/imports", "operator"),
    Screen("import-new", "/imports/new", "operator", (ZH_WIDE, EN_WIDE)),
    Screen("receipts", "/imports/receipts", "operator"),
    Screen("matches", "/customers/matches", looks=(ZH_WIDE,)),
    Screen("approvals", "/approvals", looks=(ZH_WIDE,)),
    Screen("journal", "/audit/journal", "auditor", (ZH_WIDE,)),
    Screen("access-log", "/compliance/access-log", "compliance", (ZH_WIDE,)),
    Screen("gate", "/gate", looks=(ZH_WIDE, EN_WIDE)),
    Screen("account", "/account"),
    Screen("not-found", "/customers/cus_0000", looks=(ZH_WIDE,), status=404),
)


@contextlib.contextmanager
def served(home: Path, port: int, customers: int) -> Iterator[str]:
    """A demo of its own, ended afterwards."""
    env = os.environ | {"ARREARS_HOME": str(home), "ARREARS_BUSINESS_DATE": BUSINESS_DATE, "ARREARS_ENVIRONMENT": "demo"}
    command = [sys.executable, "-m", "arrears.cli.main", "demo", "--customers", str(customers), "--port", str(port)]
    process = subprocess.Popen(command, env=env, cwd=ROOT, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            if process.poll() is not None:
                sys.exit(f"the demo ended by itself with status {process.returncode}")
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/sign-in", timeout=2):
                break
            time.sleep(0.5)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def signed_in(browser: Browser, url: str, look: Look, user: str) -> Page:
    context = browser.new_context(
        base_url=url, locale=look.language, color_scheme="dark" if look.dark else "light",
        viewport={"width": look.width, "height": look.height},
    )  # fmt: skip
    page = context.new_page()
    if user:
        page.goto("/sign-in")
        page.fill("#username", user)
        page.fill("#password", PASSWORD)
        page.click("form:has(#password) button.primary")
        page.wait_for_url(lambda place: "/sign-in" not in place)
    return page


def places(browser: Browser, url: str) -> dict[str, str]:
    """A customer in arrears with several agreements, and the worst of these, found by clicking as a person would."""
    page = signed_in(browser, url, ZH_WIDE, "lead")
    page.goto("/customers?creditor=QH&bucket=M3&sort=-loans")
    customer = page.locator("tbody th a").first.get_attribute("href") or ""
    page.goto(customer)
    agreement = page.locator("tr.here th a").first.get_attribute("href") or ""
    page.context.close()
    return {"customer": customer, "agreement": agreement}


def take(browser: Browser, url: str, chosen: list[Screen], target: Path) -> int:
    """All pictures of ``chosen``. Returns how many; ends with an error where a page answers with another status."""
    found = places(browser, url)
    target.mkdir(parents=True, exist_ok=True)
    pages: dict[tuple[str, str], Page] = {}
    taken = 0
    for screen in chosen:
        for look in screen.looks:
            key = (look.name, screen.user)
            if key not in pages:
                pages[key] = signed_in(browser, url, look, screen.user)
            page = pages[key]
            page.set_viewport_size({"width": look.width, "height": look.height})
            answer = page.goto(screen.path.format(**found))
            if answer is None or answer.status != screen.status:
                sys.exit(f"{screen.name}: status {answer.status if answer else None} instead of {screen.status}")
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": look.width, "height": max(look.height, min(height, 1300))})
            page.screenshot(path=target / f"{screen.name}.{look.name}.png")
            taken += 1
    return taken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", help="of a demo that is already running")
    parser.add_argument("--home", type=Path, help="where the demo is kept; a later call finds it loaded")
    parser.add_argument("--port", type=int, default=8731)
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--only", nargs="*", default=[], help="names of screens")
    parser.add_argument("--target", type=Path, default=TARGET)
    words = parser.parse_args()
    chosen = [s for s in SCREENS if not words.only or s.name in words.only]
    home = words.home or Path(tempfile.gettempdir()) / f"arrears-screens-{os.geteuid()}"
    path = next((p for p in BROWSERS if Path(p).exists()), None)
    with (
        contextlib.nullcontext(words.url) if words.url else served(home, words.port, words.customers) as url,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        taken = take(browser, url, chosen, words.target)
        browser.close()
    print(f"{taken} pictures in {words.target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
