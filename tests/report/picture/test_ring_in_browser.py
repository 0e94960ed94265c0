"""A ring's page in a real Chromium: quiet, honest in both languages, and deaf to what its texts say."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest

from graphfraud.report.picture.ring import draw_ring

from .payloads import PAYLOADS
from .rings import hostile_rings, ring_answer
from .test_page_in_browser import UNTOUCHED, Skeleton, exports, use

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize(("ring", "language"), [(0, "zh"), (1, "en"), (2, "en")])
def test_every_view_is_silent_and_says_why_and_what_would_change_it(
    visit: Any, tmp_path: Path, ring: int, language: str
) -> None:
    whole = ring_answer()
    name = whole.answer.rings["ring_id"][ring]
    seen = visit(draw_ring(whole, name, tmp_path / "团伙 #1.html", language=language))
    page = seen.page
    assert page.inner_text("#loss") == str(whole.answer.rings["score"][ring])
    panel = page.inner_text("#panel")
    for fact, zh, points in whole.answer.reasons.filter(ring_id=name).select("fact", "fact_zh", "points").iter_rows():
        assert (zh if language == "zh" else fact) in panel and str(points) in panel
    for fact, zh in whole.answer.doubts.filter(ring_id=name).select("if_fact", "if_fact_zh").iter_rows():
        assert (zh if language == "zh" else fact) in panel
    assert not re.search(r"undefined|NaN|null|Infinity", page.inner_text("body"))
    page.keyboard.press("t")
    page.locator("#edge-table tbody button").last.click()  # the smallest: a tie, where there is one
    assert not re.search(r"undefined|NaN|null|Infinity", page.inner_text("body"))
    page.keyboard.press("t")
    if ring < 2:
        use(page)
    _, nodes, rows = exports(page)
    assert len(list(csv.reader(io.StringIO(nodes.decode("utf-8-sig"))))) > 3
    assert len(list(csv.reader(io.StringIO(rows.decode("utf-8-sig"))))) > 3
    seen.quiet()


@pytest.mark.parametrize(("shield", "unmask"), [("policy", False), ("no policy", True)])
def test_no_text_of_a_ring_ever_runs(visit: Any, tmp_path: Path, shield: str, unmask: bool) -> None:
    whole, accounts = hostile_rings()
    for ring in (0, 2):
        name = whole.answer.rings["ring_id"][ring]
        path = draw_ring(whole, name, tmp_path / "x.html", accounts=accounts, title=PAYLOADS[ring], unmask=unmask)
        if shield == "no policy":
            text = path.read_bytes()
            path.write_bytes(
                re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b'<meta name="none" content="">', text)
            )
        seen = visit(path)
        page = seen.page
        if unmask:
            page.click("#to-mask")
        for _ in ("zh", "en"):
            page.keyboard.press("t")
            for table in ("#node-table", "#edge-table"):
                for ix in range(0, page.locator(f"{table} button").count(), 16):
                    page.locator(f"{table} button").nth(ix).click()
            page.keyboard.press("t")
            _, *tables = exports(page)
            for table in tables:
                for line in csv.reader(io.StringIO(table.decode("utf-8-sig"))):
                    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)
            page.click("#to-language")
        assert page.evaluate(UNTOUCHED)
        seen.quiet()


def test_no_text_changes_the_document(tmp_path: Path) -> None:
    plain = Skeleton(draw_ring(ring_answer(), None, tmp_path / "plain.html", title="x")).elements
    whole, accounts = hostile_rings()
    for payload in PAYLOADS[::7]:
        assert Skeleton(draw_ring(whole, None, tmp_path / "x.html", accounts=accounts, title=payload)).elements == plain


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
def test_nothing_is_clipped_at_common_sizes(visit: Any, tmp_path: Path, width: int, height: int) -> None:
    page = visit(draw_ring(ring_answer(), None, tmp_path / "x.html"), viewport={"width": width, "height": height}).page
    for _ in range(2):
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= innerWidth && {root}.scrollHeight <= innerHeight")
        assert page.evaluate("document.getElementById('panel').scrollWidth <= document.getElementById('panel').clientWidth")
        page.click("#to-language")
