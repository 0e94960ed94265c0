"""The money-flow page: build time, size, time until it can be used, frames a second, and how long a choice takes.

Run with ``python -m benchmarks.bench_page [--smallest]`` from the checkout; needs Chromium. One line per case size; medians.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import record
from graphfraud.report.picture.draw import draw
from tests.report.picture.cases import make_case
from tests.report.picture.conftest import ARGUMENTS, chromium_path

FRAMES = """
new Promise((done) => {
  const stage = document.getElementById("stage"), canvas = stage.querySelector("canvas"), start = performance.now();
  let n = 0;
  const step = () => {
    const box = canvas.getBoundingClientRect();
    const at = { clientX: box.x + 500, clientY: box.y + 300, bubbles: true, cancelable: true };
    canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: n % 40 < 20 ? -12 : 12, ...at }));
    n += 1;
    if (performance.now() - start < 2500) requestAnimationFrame(step);
    else done((n * 1000) / (performance.now() - start));
  };
  step();
})
"""
SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"


def timed(page: Any, act: str) -> float:
    """Milliseconds from an act (JavaScript) until the frame after it is drawn."""
    return float(
        page.evaluate(f"(() => {{ const start = performance.now(); {act}; return {SETTLED}.then((end) => end - start); }})()")
    )


def measure(browser: Any, n_accounts: int, folder: Path, repeats: int) -> dict[str, Any]:
    """One case size: medians over ``repeats``."""
    trace, citations, accounts = make_case(n_accounts)
    builds, readies = [], []
    path = folder / f"{n_accounts}.html"
    for _ in range(repeats):
        start = time.perf_counter()
        draw(trace, path, citations=citations, accounts=accounts)
        builds.append(time.perf_counter() - start)
    for _ in range(repeats):
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        page.evaluate(SETTLED)
        readies.append(time.perf_counter() - start)
        if len(readies) < repeats:
            page.close()
    slide = "const a = document.getElementById('amount'); a.value = '50'; a.dispatchEvent(new Event('input'))"
    brush = "const u = document.getElementById('until'); u.value = '600'; u.dispatchEvent(new Event('input'))"
    walk = "document.getElementById('stage').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }))"
    result = {
        "accounts": trace.tiers.height + trace.seeds["payer_id"].n_unique(),
        "steps": trace.steps.height,
        "drawn": page.inner_text("#counts"),
        "build_s": round(statistics.median(builds), 3),
        "mb": round(path.stat().st_size / 1e6, 3),
        "ready_s": round(statistics.median(readies), 2),
        "frames_per_s": round(page.evaluate(FRAMES), 1),
        "select_ms": round(timed(page, walk)),
        "filter_ms": round(timed(page, slide)),
        "time_ms": round(timed(page, brush)),
    }
    page.close()
    return result


def main(sizes: list[int], repeats: int = 5) -> None:
    """Measure each size in one browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        for size in sizes:
            figures = measure(browser, size, Path(folder), repeats)
            print(json.dumps(figures, ensure_ascii=False), flush=True)
            record.row("Page", f"{size:,} accounts", **figures)
        browser.close()


if __name__ == "__main__":
    if "--smallest" in sys.argv:
        main([30], repeats=1)
    else:
        main([int(size) for size in sys.argv[1:]] or [30, 400, 5000])
