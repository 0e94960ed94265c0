"""The page in a real Chromium: it asks for nothing, runs nothing hostile, and does what its help says."""

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from graphfraud.mask import mask_id
from graphfraud.report.picture.draw import draw
from graphfraud.units import yuan_text

from .cases import make_case
from .payloads import PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def case() -> tuple[Any, pl.DataFrame, pl.DataFrame]:
    return make_case(300)


@pytest.fixture(scope="module")
def file(case: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    trace, citations, accounts = case
    folder = tmp_path_factory.mktemp("page") / "青岛 案件 #1 100%"
    folder.mkdir()
    return draw(trace, folder / "资金 流向#.html", citations=citations, accounts=accounts)


def exports(page: Any) -> list[bytes]:
    """Click both export buttons; the bytes of the picture and of the two tables."""
    got = []
    with page.expect_download() as download:
        page.click("#to-png")
    got.append(Path(download.value.path()).read_bytes())
    downloads: list[Any] = []
    page.on("download", lambda download: downloads.append(download))  # noqa: PLW0108
    with page.expect_event("download", lambda _: len(downloads) == 2):
        page.click("#to-csv")
    return got + [Path(download.path()).read_bytes() for download in downloads]


def use(page: Any) -> None:
    """Do once everything a reader can do."""
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Enter", "Escape"):
        page.focus("#stage")
        page.keyboard.press(key)
    box = page.locator("#stage").bounding_box()
    for step in range(12):
        page.mouse.move(box["x"] + 120 + 77 * (step % 11), box["y"] + 70 + 39 * step)
        if step % 4 == 0:
            page.mouse.click(box["x"] + 124, box["y"] + 80 + 40 * step)
    page.keyboard.press("t")
    page.click("#edge-table tbody tr:nth-child(2) button")
    page.click("#node-table tbody tr:nth-child(3) button")
    page.keyboard.press("t")
    page.fill("#amount", "40")
    page.fill("#until", "700")
    page.click("#reset")
    page.fill("#search", "a")
    page.fill("#search", "<")
    page.press("#search", "Enter")
    page.click("#to-theme")
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    page.click("#to-language")


def test_every_view_is_silent_and_asks_for_nothing(visit: Any, file: Path) -> None:
    seen = visit(file)
    use(seen.page)
    picture, *tables = exports(seen.page)
    use(seen.page)
    assert picture.startswith(b"\x89PNG") and len(picture) > 50_000
    assert all(table.startswith(b"\xef\xbb\xbf") for table in tables)
    seen.quiet()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_headline_counts_the_victims_money_once_and_says_so(visit: Any, case: Any, tmp_path: Path, language: str) -> None:
    trace, citations, accounts = case
    page = visit(draw(trace, tmp_path / "x.html", citations=citations, accounts=accounts, language=language)).page
    loss = yuan_text(trace.seeds["amount_fen"].sum())
    assert page.inner_text("#loss").split()[0] == loss
    assert ("只计一次" if language == "zh" else "counted once") in page.inner_text("#once")
    for state, fen in trace.lots.group_by("state").agg(pl.col("traced_fen").sum()).iter_rows():
        assert yuan_text(fen) in page.inner_text(f".keys .{state}")
    numbers = [int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", page.inner_text("#counts"))]
    people = {*trace.steps["payer_id"], *trace.tiers["account_id"]}
    assert sum(numbers[:3]) == len(people)
    page.fill("#amount", "70")
    again = [int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", settled_counts(page))]
    assert again[2] > 0 and sum(again[:3]) == len(people)
    page.click("#to-language")
    assert page.inner_text("#loss").split()[0] == loss


@pytest.mark.parametrize("language", ["zh", "en"])
def test_only_what_can_be_frozen_is_said_to_rest_and_a_victim_used_is_named(visit: Any, tmp_path: Path, language: str) -> None:
    trace, citations, accounts = make_case(60)
    seen = visit(draw(trace, tmp_path / "x.html", citations=citations, accounts=accounts, language=language))
    page = seen.page
    ends = dict(trace.lots.group_by("state").agg(pl.col("traced_fen").sum()).iter_rows())
    parts = [int(re.sub(r"\D", "", text)) for text in page.locator(".keys b").evaluate_all(BARE)]
    assert sum(parts) == trace.seeds["amount_fen"].sum() and len(parts) == len(ends)
    shares = [0.0 if text.startswith("<") else float(text.strip("%")) for text in page.locator(".keys em").all_inner_texts()]
    assert round(sum(shares), 1) == 100.0
    back = {"zh": "已回到被害人本人账户", "en": "Back with the victim"}[language]
    assert back in page.inner_text(".keys .returned") and yuan_text(ends["returned"]) in page.inner_text("#panel tr.returned")
    lists = page.locator("#panel section")
    freeze = lists.filter(has_text={"zh": "优先止付", "en": "freeze first"}[language])
    robbed = set(trace.seeds["payer_id"])
    held = trace.tiers.filter(pl.col("resting_fen") > 0).sort("resting_fen", descending=True)
    assert held.filter(pl.col("returned_fen") > 0).is_empty()
    shown = freeze.locator("button .name").all_inner_texts()
    assert shown == [mask_id(account) for account in held["account_id"][:8]]
    marked = freeze.locator("button", has_text={"zh": "同时为被害人", "en": "also a victim: review"}[language])
    assert marked.count() == sum(account in robbed for account in held["account_id"][:8]) == 1
    marked.click()
    assert {"zh": "其他 1 个被害人", "en": "other victims' money: "}[language] in page.inner_text("#panel .warn")
    home = trace.tiers.filter(pl.col("returned_fen") > 0).row(0, named=True)
    page.fill("#search", home["account_id"])
    page.press("#search", "Enter")
    assert yuan_text(home["returned_fen"]) in page.inner_text("#panel tr.returned")
    assert page.locator("#panel .warn").count() == page.locator("#panel tr.resting").count() == 0
    _, nodes, _ = exports(page)
    head, *rows = list(csv.reader(io.StringIO(nodes.decode("utf-8-sig"))))
    assert sum(int(row[head.index(back)].replace(".", "")) for row in rows) == ends["returned"]
    page.keyboard.press("t")
    assert {"zh": "已回被害人", "en": "Returned"}[language] in page.locator("#node-table th").all_inner_texts()
    seen.quiet()


BARE = "(all) => all.map((node) => node.firstChild.textContent)"


def settled_counts(page: Any) -> str:
    """The counts once the filter has been followed (the page waits for the next frame)."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return str(page.inner_text("#counts"))


def test_search_finds_by_last_digits_and_takes_an_account_out_of_its_fold(visit: Any, case: Any, file: Path) -> None:
    seen = visit(file)
    page = seen.page
    smallest = case[0].tiers.sort("received_fen", "account_id")["account_id"][0]
    before = settled_counts(page)
    page.focus("#stage")
    page.keyboard.press("/")
    page.keyboard.type(smallest[-4:])
    assert page.inner_text("#hits li[aria-selected=true] span") == f"{smallest[:6]}******{smallest[-4:]}"
    page.keyboard.press("Enter")
    assert page.inner_text("#panel h2") == f"{smallest[:6]}******{smallest[-4:]}"
    received = case[0].tiers.filter(pl.col("account_id") == smallest)["received_fen"][0]
    assert yuan_text(received) in page.inner_text("#panel .money .head")
    drawn, folded = (int(n) for n in re.findall(r"\d+", before)[:2])
    assert [int(n) for n in re.findall(r"\d+", settled_counts(page))[:2]] == [drawn + 1, folded - 1]
    page.fill("#search", smallest)
    assert page.locator("#hits li[role=option]").count() >= 1
    page.fill("#search", "no such account")
    assert page.locator("#hits li.none").count() == 1
    seen.quiet()


def test_keys_walk_the_money_and_the_table_says_what_the_picture_shows(visit: Any, file: Path) -> None:
    seen = visit(file)
    page = seen.page
    page.focus("#stage")
    page.keyboard.press("ArrowRight")
    first = page.inner_text("#panel h2")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#panel h2") != first
    page.keyboard.press("Escape")
    assert page.locator("#panel h2").count() == 0
    counts = [int(n) for n in re.findall(r"\d+", settled_counts(page))]
    page.keyboard.press("t")
    folds = page.locator("#node-table button", has_text="另有").count()
    exits = page.locator("#node-table tr", has_text="流出渠道").count()
    assert page.locator("#node-table tbody tr").count() == counts[0] + folds + exits
    assert page.locator("#edge-table tbody tr").count() == counts[3]
    page.locator("#edge-table tbody button").first.click()
    assert re.search(r"第 \d+ 行", page.inner_text("#panel .rows"))
    seen.quiet()


def test_every_control_is_reached_by_tab_and_has_a_name(visit: Any, file: Path) -> None:
    page = visit(file).page
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert {
        "search",
        "to-table",
        "to-png",
        "to-csv",
        "to-language",
        "to-theme",
        "to-help",
        "stage",
        "amount",
        "since",
    } <= reached
    nameless = page.evaluate(
        "[...document.querySelectorAll('button:not([hidden]),input')].filter((e) => !(e.textContent.trim() ||"
        " e.getAttribute('aria-label') || (e.labels && e.labels.length))).length"
    )
    assert nameless == 0


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_clipped_at_common_sizes(visit: Any, file: Path, width: int, height: int, scheme: str) -> None:
    page = visit(file, viewport={"width": width, "height": height}, color_scheme=scheme).page
    for _ in range(2):
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= innerWidth && {root}.scrollHeight <= innerHeight")
        assert page.evaluate(
            "['stage','panel','legend','filters','sum','tools','counts'].every((id) => { const b ="
            " document.getElementById(id).getBoundingClientRect(); return b.width > 40 && b.height > 12 && b.left >= 0 &&"
            " b.top >= 0 && b.right <= innerWidth + 1 && b.bottom <= innerHeight + 1; })"
        )
        assert page.evaluate("document.getElementById('panel').scrollWidth <= document.getElementById('panel').clientWidth")
        page.click("#to-language")


def test_tables_taken_away_reopen_with_whole_numbers(visit: Any, case: Any, tmp_path: Path) -> None:
    trace, citations, accounts = case
    page = visit(draw(trace, tmp_path / "x.html", citations=citations, accounts=accounts, unmask=True, language="en")).page
    page.click("#to-mask")
    _, nodes, rows = exports(page)
    table = list(csv.reader(io.StringIO(nodes.decode("utf-8-sig"))))
    numbers = {line[2] for line in table[1:]}
    assert {"'" + account for account in trace.tiers["account_id"]} <= numbers
    flows = list(csv.reader(io.StringIO(rows.decode("utf-8-sig"))))
    column = flows[0].index("Victims' money in them")
    assert sum(int(line[column].replace(".", "")) for line in flows[1:]) == trace.steps["traced_fen"].sum()


def hostile() -> tuple[Any, pl.DataFrame, pl.DataFrame]:
    """A case in which every text of every account, file and count is one of the payloads."""
    trace, citations, accounts = make_case(130, rng_seed=3)
    texts = pl.Series(PAYLOADS)

    def turned(by: int, rows: int) -> pl.Series:
        return texts.gather([(ix + by) % len(texts) for ix in range(rows)])

    n = accounts.height
    ids = {old: (f"{old}{PAYLOADS[ix % len(PAYLOADS)]}" if ix % 3 else PAYLOADS[(ix // 3) % len(PAYLOADS)] + str(ix))
           for ix, old in enumerate(accounts["account_id"])}  # fmt: skip
    accounts = accounts.with_columns(
        pl.col("account_id").replace(ids),
        **{name: turned(by, n) for by, name in enumerate(("kind", "bank", "holder_name", "status"))},
    )
    frames = {}
    for name, columns in {
        "seeds": ["payer_id", "payee_id"],
        "steps": ["payer_id", "payee_id"],
        "lots": ["account_id"],
        "tiers": ["account_id"],
        "victim_tiers": ["account_id", "victim_account_id"],
    }.items():
        frames[name] = getattr(trace, name).with_columns(pl.col(columns).replace(ids))
    channels = {channel: PAYLOADS[ix] for ix, channel in enumerate(("merchant", "crypto", "wallet", "fee"), start=1)}
    frames["lots"] = frames["lots"].with_columns(pl.col("channel").replace(channels))
    frames["steps"] = frames["steps"].with_columns(pl.col("channel").replace(channels))
    citations = citations.with_columns(file=turned(0, citations.height), sha256=turned(7, citations.height))
    changed = {name: getattr(trace, name) for name in trace.__slots__} | frames
    changed |= {"assumptions": dict.fromkeys(PAYLOADS, 3), "ambiguities": {text + "_fen": 4 for text in PAYLOADS}}
    return type(trace)(**changed), citations, accounts


UNTOUCHED = """
document.querySelectorAll('script').length === 3 &&
document.querySelectorAll('img:not([src^="data:image/svg+xml,"])').length === 0 &&
document.querySelectorAll('iframe,object,embed,link,base,form,video,math,details,source,audio,frame').length === 0 &&
document.querySelectorAll('a[href]').length === 0 &&
document.querySelectorAll('style').length === 1 && document.querySelectorAll('svg').length === 1 &&
document.querySelectorAll('meta').length === 4 &&
[...document.querySelectorAll('*')].every((e) => [...e.attributes].every((a) => !a.name.startsWith('on')))
"""


@pytest.mark.parametrize(("shield", "unmask"), [("policy", False), ("policy", True), ("no policy", True)])
def test_no_text_of_the_case_ever_runs(visit: Any, tmp_path: Path, shield: str, unmask: bool) -> None:
    trace, citations, accounts = hostile()
    path = draw(trace, tmp_path / "x.html", citations=citations, accounts=accounts, unmask=unmask)
    if shield == "no policy":
        text = path.read_bytes()
        bare = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b'<meta name="none" content="">', text)
        assert bare != text
        path.write_bytes(bare)
    seen = visit(path)
    page = seen.page
    if unmask:
        page.click("#to-mask")
    for _ in ("zh", "en"):
        page.keyboard.press("t")
        for ix in range(0, page.locator("#node-table button").count(), 16):
            page.locator("#node-table button").nth(ix).click()
        page.keyboard.press("t")
        use(page)
        _, *tables = exports(page)
        for table in tables:
            for line in csv.reader(io.StringIO(table.decode("utf-8-sig"))):
                assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)
    assert page.evaluate(UNTOUCHED)
    seen.quiet()


def headed(payloads: tuple[str, ...]) -> Any:
    """A small case whose case numbers, parameters, version and digest are payloads."""
    trace = make_case(20)[0]
    changed = {name: getattr(trace, name) for name in trace.__slots__}
    cases = [payloads[ix % len(payloads)] for ix in range(trace.seeds.height)]
    changed["seeds"] = trace.seeds.with_columns(case_id=pl.Series(cases))
    first = payloads[0]
    parameters = {"within": first, "hops_max": first, **dict.fromkeys(payloads, first)}
    changed["run"] = type(trace.run)(first, "trace", parameters, first, 0, 0.0)
    return type(trace)(**changed)


class Skeleton(HTMLParser):
    """Elements and attribute names in order: what a text must not be able to change."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, list[str]]] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, [name for name, _ in attrs]))


def test_no_heading_changes_the_document(tmp_path: Path) -> None:
    plain = Skeleton(draw(headed(("A-017",)), tmp_path / "plain.html")).elements
    for ix, payload in enumerate(PAYLOADS):
        title = payload if ix % 2 else None
        assert Skeleton(draw(headed((payload,)), tmp_path / "x.html", title=title)).elements == plain


@pytest.mark.parametrize("ix", range(3))
def test_no_heading_ever_runs(visit: Any, tmp_path: Path, ix: int) -> None:
    trace = headed(PAYLOADS[ix::3])
    seen = visit(draw(trace, tmp_path / "x.html", title="".join(PAYLOADS[ix : ix + 3]) if ix else None))
    seen.page.click("#to-language")
    seen.page.click("#to-png")
    assert seen.page.evaluate(UNTOUCHED)
    seen.quiet()


def test_print_shows_picture_and_figures_without_controls(visit: Any, file: Path) -> None:
    page = visit(file).page
    page.emulate_media(media="print")
    assert not page.is_visible("#tools")
    assert page.is_visible("#loss") and page.is_visible("#stage canvas") and page.is_visible("#panel .money")
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
