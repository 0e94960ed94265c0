"""Maps: what a map.toml may say, and how each mistake in one is named."""

import pytest

from graphfraud import shipped
from graphfraud.errors import LoaderError
from graphfraud.intake.detect import bind, choose
from graphfraud.intake.source_map import clean_heading, load_map, loaders

GOOD = """
title = "A bank"
document = "statement"
version = 1
time_zone = "Asia/Shanghai"
signature = ["卡号", "方向"]
[columns]
own_card = { from = ["卡号"], verb = "to_account_id" }
at = { from = ["时间"], verb = "to_micros", required = true }
amount = { from = ["金额（元）"], verb = "to_fen", required = true }
direction = { from = ["方向"], verb = "to_choice" }
[choices.direction]
in = ["收"]
out = ["付"]
[channels]
fee = ["手续费"]
"""


def write(tmp_path, text):
    folder = tmp_path / "a_bank"
    folder.mkdir(exist_ok=True)
    (folder / "map.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_users_own_folder_is_a_loader(tmp_path):
    found = load_map(write(tmp_path, GOOD))
    assert found.name == "a_bank"
    assert found.columns["amount"].headings == ("金额(元)",)
    assert found.columns["at"].required and not found.columns["own_card"].required
    assert found.choices["direction"] == {"in": ("收",), "out": ("付",)}
    assert load_map(tmp_path / "a_bank" / "map.toml") == found
    assert len(found.sha256) == 64


def test_a_shipped_loader_is_found_by_name():
    assert load_map("bank_statement") == loaders()["bank_statement"]


def test_a_map_is_frozen():
    found = load_map("bank_statement")
    with pytest.raises(AttributeError):
        found.name = "x"
    with pytest.raises(TypeError):
        found.columns["x"] = None


@pytest.mark.parametrize(
    ("old", "new", "key", "found"),
    [
        ('title = "A bank"', "", "title", "no such key"),
        ('title = "A bank"', 'title = ""', "title", "''"),
        ('title = "A bank"', 'title = "A bank"\ncolour = 1', "colour", "a key that no map has"),
        ('document = "statement"', 'document = "letter"', "document", "'letter'"),
        ("version = 1", 'version = "1"', "version", "'1'"),
        ("Asia/Shanghai", "Asia/Atlantis", "time_zone", "'Asia/Atlantis'"),
        ('signature = ["卡号", "方向"]', "signature = []", "signature", "[]"),
        ('signature = ["卡号", "方向"]', 'signature = ["未知"]', "signature", "only headings that no column reads"),
        ('verb = "to_fen"', 'verb = "to_money"', "columns.amount.verb", "'to_money'"),
        ('verb = "to_fen"', 'verb = "to_text"', "columns.amount.verb", "'to_text'"),
        ("own_card =", "own_house =", "columns.own_house", "a field that document 'statement' does not have"),
        ('["金额（元）"]', '["时间"]', "columns.amount.from", "heading 时间 that at already reads"),
        ('["金额（元）"]', '"金额"', "columns.amount.from", "'金额'"),
        ("required = true }\namount", "needed = true }\namount", "columns.at", "{'from'"),
        ("required = true }\namount", 'required = "yes" }\namount', "columns.at.required", "'yes'"),
        ('own_card = { from = ["卡号"], verb = "to_account_id" }', "", "columns", "no own_account or own_card"),
        ("[choices.direction]", "[choices.cash]", "choices.direction", "no such key"),
        ('out = ["付"]', 'off = ["付"]', "choices.direction", "{'in'"),
        ('out = ["付"]', 'out = ["收"]', "choices.direction", "sign '收' twice"),
        ("[channels]", '[directions]\nout = ["主叫"]\n\n[channels]', "directions", "directions in document 'statement'"),
        ('fee = ["手续费"]', 'fees = ["手续费"]', "channels.fees", "a channel that does not exist"),
        ("version = 1", "version = = 1", "a_bank/map.toml", "text that is not TOML"),
    ],
)
def test_each_mistake_names_the_file_and_the_key(tmp_path, old, new, key, found):
    assert old in GOOD
    with pytest.raises(LoaderError) as error:
        load_map(write(tmp_path, GOOD.replace(old, new, 1)))
    assert "a_bank/map.toml" in error.value.where
    assert key in error.value.where
    assert found in error.value.found
    assert error.value.expected and error.value.remedy


@pytest.mark.parametrize(
    ("told", "key"), [('up = ["主叫"]', "directions.up"), ("out = []", "directions.out"), ('out = "主叫"', "directions.out")]
)
def test_directions_of_calls_are_checked(tmp_path, told, key):
    text = shipped.folder("loaders").joinpath("call_record/map.toml").read_text(encoding="utf-8")
    head, _ = text.split("[directions]")
    assert load_map(write(tmp_path, f"{head}[directions]\nin = [' ｉn ']")).directions == {"in": ("IN",)}
    with pytest.raises(LoaderError) as error:
        load_map(write(tmp_path, f"{head}[directions]\n{told}"))
    assert key in error.value.where


def test_a_map_that_is_not_utf8(tmp_path):
    folder = write(tmp_path, GOOD)
    (folder / "map.toml").write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(LoaderError, match="not TOML"):
        load_map(folder)


def test_no_such_loader_lists_those_there_are():
    with pytest.raises(LoaderError, match="bank_statement") as error:
        load_map("no_such_bank")
    assert "graphfraud loaders list" in str(error.value)


def test_headings_are_cleaned():
    assert clean_heading("\ufeff* 交易金额（元） ") == "交易金额(元)"
    assert clean_heading("ｍａｃ 地址") == "MAC地址"


# --- choosing by headings


def headings_of(name):
    return [column.headings[0] for column in loaders()[name].columns.values()]


@pytest.mark.parametrize("name", sorted(loaders()))
def test_a_loaders_own_headings_choose_it(name):
    assert choose(headings_of(name), loaders().values()).name == name


def test_none_fits_names_the_nearest_and_what_it_misses():
    headings = [h for h in headings_of("court_statement") if h != "交易金额"]
    with pytest.raises(LoaderError) as error:
        choose(headings, loaders().values(), where="march.csv")
    assert error.value.where == "march.csv"
    assert "nearest is court_statement" in error.value.expected
    assert "交易金额" in error.value.expected
    assert "--loader court_statement" in error.value.remedy


def test_unknown_headings():
    with pytest.raises(LoaderError, match="fit no loader"):
        choose(["姓", "名"], loaders().values())
    with pytest.raises(LoaderError, match="fit no loader"):
        choose([], loaders().values())


def test_more_than_one_fits_lists_the_candidates(tmp_path):
    one = load_map(write(tmp_path, GOOD))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "map.toml").write_text(GOOD, encoding="utf-8")
    two = load_map(tmp_path / "other")
    with pytest.raises(LoaderError, match="--loader") as error:
        choose(["卡号", "时间", "金额（元）", "方向"], [one, two])
    assert "a_bank, other" in error.value.found


def test_binding_prefers_the_maps_order_and_the_first_of_equal_headings():
    source_map = loaders()["court_statement"]
    binding = bind(["查询账户", "交易时间", "交易金额", "借贷标志", "本方账号", "交易时间"], source_map)
    assert binding.positions["own_account"] == (4, 0)
    assert binding.positions["at"] == (1,)
    assert binding.missing == ()
    assert bind(["查询账户", "交易时间", "交易金额"], source_map).missing == ("借贷标志|借贷方向|借贷",)
