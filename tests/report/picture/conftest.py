"""One Chromium for all page tests; what to do when there is none is decided here and nowhere else."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
]


def _missing(what: str) -> None:
    """Skip with one line that tells the remedy; under ``CI=true`` nothing may be skipped."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{what}: the page tests must run under CI=true", pytrace=False)
    pytest.skip(f"{what} (or set GRAPHFRAUD_CHROMIUM to its path)")


def chromium_path() -> str | None:
    """The browser the tests drive: GRAPHFRAUD_CHROMIUM, else what the system has under a usual name."""
    named = os.environ.get("GRAPHFRAUD_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = chromium_path()
    if path is None:
        _missing("no Chromium: install the system package chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("no Playwright: install graphfraud[test]")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page open in the browser, and everything it should not have done."""

    page: Any
    trouble: list[str] = field(default_factory=list)

    def quiet(self) -> None:
        assert self.trouble == []
        assert self.page.evaluate("window.hit === undefined && window.violations.length === 0")


@pytest.fixture
def visit(chromium: Any) -> Iterator[Any]:
    """``visit(path, **context options)`` opens a page; requests, console lines, errors and dialogs count as trouble."""
    contexts = []

    def open_page(path: Path, **options: Any) -> Visit:
        context = chromium.new_context(
            **{"viewport": {"width": 1366, "height": 768}, "color_scheme": "light", "accept_downloads": True} | options
        )
        contexts.append(context)
        page = context.new_page()
        seen = Visit(page)
        page.add_init_script(
            "window.violations = [];"
            "document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));"
        )
        page.on("request", lambda r: r.url.startswith(("file:", "data:", "blob:")) or seen.trouble.append(f"request {r.url}"))
        page.on("console", lambda message: seen.trouble.append(f"console {message.text}"))
        page.on("pageerror", lambda error: seen.trouble.append(f"error {error}"))
        page.on("dialog", lambda dialog: (seen.trouble.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda other: seen.trouble.append(f"popup {other.url}"))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]", timeout=30_000)
        return seen

    yield open_page
    for context in contexts:
        context.close()
