"""Every row accepted or rejected, and each rejection said in one masked sentence."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.errors import LoaderError
from graphfraud.intake.detect import choose
from graphfraud.intake.documents import FRAMES, schema
from graphfraud.intake.legs import FAULT_SCHEMA, LEG_SCHEMA, SIDES
from graphfraud.intake.read import read_sources
from graphfraud.intake.source_map import load_map, loaders
from graphfraud.intake.validate import converted, shown_value
from graphfraud.tables import CHANNELS
from graphfraud.units import DAY_US, MINUTE_US, SECOND_US, time_us

CARD, OTHER, ACCOUNT = "6222029900000000011", "6222029900000000022", "020000000000000011"
HEADINGS = [
    "交易卡号", "交易账号", "账户开户名称", "交易时间", "交易金额", "交易余额", "收付标志", "交易对手账卡号", "对手户名",
    "现金标志", "摘要说明", "备注", "交易类型", "商户名称", "交易币种", "交易是否成功", "交易流水号", "反交易标志",
]  # fmt: skip
GOOD = {
    "交易卡号": CARD,
    "交易账号": ACCOUNT,
    "账户开户名称": "张三",
    "交易时间": "2024-03-01 09:30:15",
    "交易金额": "100.00",
    "交易余额": "1,100.00",
    "收付标志": "出",
    "交易对手账卡号": OTHER,
    "对手户名": "李四",
    "摘要说明": "转账",
    "交易币种": "CNY",
    "交易是否成功": "成功",
    "交易流水号": "2024030100000001",
}


def convert(tmp_path, *rows, headings=HEADINGS, loader="bank_statement", name="march.csv"):
    lines = ["\t".join(headings), *("\t".join(row.get(h, "") for h in headings) for row in rows)]
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    (raw,) = read_sources(path)
    return converted(raw, loaders()[loader])


def leg(tmp_path, **changed):
    found = convert(tmp_path, {**GOOD, **changed})
    assert found.faults.is_empty(), found.faults["message"].to_list()
    return found.legs.row(0, named=True)


def fault(tmp_path, **changed):
    found = convert(tmp_path, GOOD, {**GOOD, **changed})
    assert found.n_read == 2
    assert found.legs["row"].to_list() == [1]
    return found.faults.row(0, named=True)


def test_a_leg(tmp_path):
    assert leg(tmp_path) == {
        "row": 1,
        "side": "payer",
        "state": "ok",
        "own_id": ACCOUNT,
        "own_card": CARD,
        "own_name": "张三",
        "cp_id": OTHER,
        "cp_name": "李四",
        "amount_fen": 10000,
        "balance_fen": 110000,
        "at_us": time_us("2024-03-01 09:30:15"),
        "at_precision_us": SECOND_US,
        "serial": "2024030100000001",
        "channel": "transfer",
        "memo": "转账",
        "case_id": None,
        "ip": None,
        "mac": None,
        "terminal": None,
    }


def test_own_number_and_side(tmp_path):
    assert leg(tmp_path, 交易账号="")["own_id"] == CARD
    assert leg(tmp_path, 交易账号="")["own_card"] is None
    assert leg(tmp_path, 交易卡号="null")["own_card"] is None
    assert leg(tmp_path, 交易账号=CARD)["own_card"] is None
    assert leg(tmp_path, 收付标志="进")["side"] == "payee"
    assert leg(tmp_path, 交易对手账卡号="-")["cp_id"] is None


@pytest.mark.parametrize(
    ("changed", "state", "side"),
    [
        ({"交易是否成功": "失败"}, "failed", "payer"),
        ({"交易是否成功": ""}, "ok", "payer"),
        ({"摘要说明": "冲正", "收付标志": "进"}, "reversal", "payer"),  # money back in takes an outgoing row back
        ({"反交易标志": "1", "收付标志": "进"}, "reversal", "payer"),
        ({"备注": "某某退汇", "收付标志": "出"}, "reversal", "payee"),
        ({"交易金额": "-100.00"}, "reversal", "payer"),  # red: the row taken back has the same direction
        ({"交易金额": "-100.00", "收付标志": "进", "摘要说明": "冲正"}, "reversal", "payee"),
        ({"交易金额": "-100.00", "交易是否成功": "失败"}, "failed", "payer"),
        ({"对手户名": "冲正"}, "ok", "payer"),  # a name is not a memo
    ],
)
def test_states(tmp_path, changed, state, side):
    found = leg(tmp_path, **changed)
    assert (found["state"], found["side"], found["amount_fen"]) == (state, side, 10000)


@pytest.mark.parametrize(
    ("changed", "channel"),
    [
        ({"摘要说明": "ATM取款"}, "cash_out"),
        ({"摘要说明": "atm取款"}, "cash_out"),
        ({"摘要说明": "现金存入", "收付标志": "进"}, "cash_in"),
        ({"现金标志": "01"}, "cash_out"),
        ({"现金标志": "01", "收付标志": "进"}, "cash_in"),
        ({"现金标志": "00"}, "transfer"),
        ({"摘要说明": "消费", "备注": "跨行手续费"}, "fee"),  # the first channel of the map wins, in whatever column
        ({"摘要说明": "转账", "商户名称": "某某黄金"}, "merchant"),
        ({"摘要说明": "", "对手户名": "财付通支付"}, "wallet"),
        ({"摘要说明": "购买usdt"}, "crypto"),
        ({"摘要说明": "结息", "收付标志": "进"}, "interest"),
        ({"交易类型": "境外POS"}, "cross_border"),
    ],
)
def test_channels(tmp_path, changed, channel):
    assert leg(tmp_path, **changed)["channel"] == channel


@pytest.mark.parametrize(
    ("changed", "column", "check", "says"),
    [
        (
            {"交易金额": "1,2O4.50"},
            "交易金额",
            "not_an_amount",
            '"1,2O4.50" is not an amount in yuan (digits, at most 2 decimals)',
        ),
        ({"交易金额": "0.00"}, "交易金额", "zero_amount", '"0.00" is an amount of zero'),
        ({"交易金额": ""}, "交易金额", "missing_value", "found nothing"),
        ({"交易金额": "10000000000000.01"}, "交易金额", "amount_out_of_range", "up to 10,000,000,000,000.00 yuan"),
        ({"交易金额": "9" * 30}, "交易金额", "amount_out_of_range", "up to 10,000,000,000,000.00 yuan"),
        ({"交易余额": "1.2.3"}, "交易余额", "not_an_amount", '"1.2.3"'),
        ({"交易时间": "2024-02-30 09:00:00"}, "交易时间", "not_a_time", '"2024-02-30 09:00:00" is not a time'),
        ({"交易时间": "1989-12-31 09:00:00"}, "交易时间", "time_out_of_range", "1990 to 2099"),
        ({"交易时间": "2100-01-02 09:00:00"}, "交易时间", "time_out_of_range", "1990 to 2099"),
        ({"交易时间": ""}, "交易时间", "missing_value", "found nothing"),
        ({"收付标志": "？"}, "收付标志", "unknown_direction", '"?" is not a sign this loader knows (in: 进'),
        ({"收付标志": ""}, "收付标志", "missing_value", "found nothing"),
        ({"交易币种": "USD"}, "交易币种", "foreign_currency", '"USD" is not yuan'),
        ({"交易是否成功": "处理中"}, "交易是否成功", "unknown_success", '"处理中" is not a sign'),
        ({"交易账号": "", "交易卡号": ""}, "交易账号", "missing_account", "an account or card number"),
        ({"交易卡号": "6.22203E+18"}, "交易卡号", "damaged_number", '"6.22203E+18" is not a whole number kept as text'),
        ({"交易卡号": "6.222029900000011E+18"}, "交易卡号", "damaged_number", '"6.22202...E+18"'),
        ({"交易对手账卡号": f"{OTHER}.0"}, "交易对手账卡号", "damaged_number", '"622202******22.0"'),
    ],
)
def test_faults(tmp_path, changed, column, check, says):
    found = fault(tmp_path, **changed)
    assert (found["row"], found["column"], found["check"]) == (2, column, check)
    assert found["message"].startswith(f"march.csv row 2, {column}: ")
    assert says in found["message"]
    assert found["message"].endswith("Kept in rejected; correct the file and load it again.")


def test_a_message_never_shows_a_whole_number(tmp_path):
    for shape in (
        CARD,
        f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}",
        "６２２２０２９９０００００００００１１",
        f"卡{CARD}号",
        f"{CARD}元整",
    ):
        for column in ("交易金额", "交易时间", "收付标志", "交易是否成功"):
            text = fault(tmp_path, **{column: shape + "x"})["message"]
            assert CARD not in text.replace(" ", "")
            assert CARD[6:15] not in text.replace(" ", "")
    assert shown_value("6222029900000000011.0", is_id=True) == "622202******11.0"


def test_every_fault_of_a_row_is_told(tmp_path):
    found = convert(tmp_path, {**GOOD, "交易金额": "x", "交易时间": "y", "收付标志": ""})
    assert found.faults["check"].to_list() == ["not_a_time", "not_an_amount", "missing_value"]
    assert found.legs.is_empty()


def test_totals_and_ragged_rows_are_rejected_with_a_reason_and_can_be_read_again(tmp_path):
    path = tmp_path / "march.csv"
    good = ",".join(GOOD.get(h, "").replace(",", "") for h in HEADINGS)
    path.write_text(f"{','.join(HEADINGS)}\n{good}\n短,行\n\n合计{',' * 4}100.00{',' * 13}\n", encoding="utf-8")
    (raw,) = read_sources(path)
    found = converted(raw, choose(raw.headings, loaders().values()))
    assert found.n_read == 3
    assert found.legs["row"].to_list() == [1]
    assert set(found.faults["row"]) == {2, 3}
    assert found.faults.row(0)[3:] == (
        "ragged_row",
        "march.csv row 2: found 2 cells, expected 18 as there are headings. "
        "Kept in rejected; correct the file and load it again.",
    )
    assert [row for row, _ in found.raw_json(found.faults["row"]).rows()] == [2, 3]


def test_no_rows(tmp_path):
    found = convert(tmp_path)
    assert found.n_read == 0
    assert found.legs.schema == pl.Schema(LEG_SCHEMA)
    assert found.faults.schema == pl.Schema(FAULT_SCHEMA)
    for name in FRAMES:
        assert getattr(found, name).schema == pl.Schema(schema(name))


def test_a_map_that_needs_a_heading_the_file_lacks(tmp_path):
    with pytest.raises(LoaderError) as error:
        convert(tmp_path, GOOD, headings=[h for h in HEADINGS if h != "交易金额"])
    assert error.value.where == "march.csv"
    assert "交易金额" in error.value.found
    assert "--loader" in error.value.remedy


def test_payer_equals_payee_is_kept(tmp_path):
    assert leg(tmp_path, 交易对手账卡号=ACCOUNT)["cp_id"] == ACCOUNT


SPLIT = """
title = "Date and time apart, money out and in apart"
document = "statement"
version = 1
time_zone = "Asia/Shanghai"
signature = ["账号", "借方发生额"]
[columns]
own_account = { from = ["账号"], verb = "to_account_id" }
at = { from = ["日期"], verb = "to_micros", required = true }
clock = { from = ["时间"], verb = "to_clock" }
debit = { from = ["借方发生额"], verb = "to_fen" }
credit = { from = ["贷方发生额"], verb = "to_fen" }
"""


def test_date_and_time_apart_and_money_out_and_in_apart(tmp_path):
    (tmp_path / "map.toml").write_text(SPLIT, encoding="utf-8")
    path = tmp_path / "march.csv"
    rows = [
        "1,20240301,093015,5.00,",
        "1,20240301,0930,0.00,6.00",
        "1,20240301,,,7.00",
        "1,20240301,9,1,",
        "1,20240301,9:30,1,2",
        "1,20240301,9:30,,",
    ]
    path.write_text("账号,日期,时间,借方发生额,贷方发生额\n" + "\n".join(rows), encoding="utf-8")
    (raw,) = read_sources(path, [load_map(tmp_path)])
    found = converted(raw, load_map(tmp_path))
    day = time_us("2024-03-01")
    assert found.legs.select("side", "amount_fen", "at_us", "at_precision_us").rows() == [
        ("payer", 500, time_us("2024-03-01 09:30:15"), SECOND_US),
        ("payee", 600, time_us("2024-03-01 09:30"), MINUTE_US),
        ("payee", 700, day, DAY_US),
    ]
    assert found.faults.select("row", "check").rows()[:2] == [(4, "not_a_clock"), (5, "two_amounts")]
    assert set(found.faults.filter(pl.col("row") == 6)["check"]) == {"missing_value"}


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "交易金额": st.sampled_from(["1", "1,000.00", "x", "0", "-5", "", "1e5"]),
                "交易时间": st.sampled_from(["20240301", "2024-03-01 09:00", "bad", "", "45352.5"]),
                "收付标志": st.sampled_from(["进", "出", "?", ""]),
                "交易账号": st.sampled_from([ACCOUNT, "", "6E+18", "null"]),
                "摘要说明": st.sampled_from(["冲正", "消费", "", "转账"]),
            },
        ),
        max_size=12,
    )
)
def test_every_row_is_a_leg_or_at_fault(tmp_path_factory, changes):
    found = convert(tmp_path_factory.mktemp("rows"), *({**GOOD, **change} for change in changes))
    legs, faults = set(found.legs["row"]), set(found.faults["row"])
    assert not legs & faults
    assert legs | faults == set(range(1, len(changes) + 1))
    assert found.n_read == len(changes)
    assert found.legs.schema == pl.Schema(LEG_SCHEMA)
    assert found.legs["side"].is_in(SIDES).all() and found.legs["channel"].is_in(CHANNELS).all()
    assert (found.legs["amount_fen"] > 0).all()
    singly = [convert(tmp_path_factory.mktemp("row"), {**GOOD, **change}).faults["check"].to_list() for change in changes[:2]]
    for row, checks in enumerate(singly, 1):
        assert found.faults.filter(pl.col("row") == row)["check"].to_list() == checks


# --- the other documents

REPORT = ["案件编号", "案件类别", "报案时间", "发案时间", "受害人姓名", "受害人证件号", "受害人电话", "损失金额", "付款账号", "付款户名", "付款银行", "收款账号", "收款户名", "收款银行", "转账金额", "转账时间", "交易流水号"]  # fmt: skip # noqa: E501
PAID = {
    "案件编号": "A-2024-017",
    "受害人姓名": "李四",
    "受害人证件号": "110101190001020029",
    "损失金额": "100",
    "付款账号": OTHER,
    "收款账号": CARD,
    "收款户名": "张三",
    "转账金额": "60",
    "转账时间": "2024-03-01 09:30",
}


def test_a_victims_payments_are_legs_seen_from_the_victim(tmp_path):
    found = convert(tmp_path, PAID, {**PAID, "转账金额": "40", "收款账号": ""}, headings=REPORT, loader="case_report")
    assert found.legs.select("row", "side", "own_id", "own_name", "cp_id", "cp_name", "amount_fen", "case_id").rows() == [
        (1, "report", OTHER, "李四", CARD, "张三", 6000, "A-2024-017"),
        (2, "report", OTHER, "李四", None, "张三", 4000, "A-2024-017"),
    ]
    assert found.cases.select("case_id", "victim_id", "loss_fen", "row").rows() == [
        ("A-2024-017", "110101190001020029", 10000, 1)
    ]
    assert found.holders["holder_id"].to_list() == ["110101190001020029"]


def test_victims_without_an_identity_number(tmp_path):
    unnumbered = {**PAID, "受害人证件号": ""}
    other = {**unnumbered, "受害人姓名": "钱七"}
    nameless = {**unnumbered, "受害人姓名": ""}
    elsewhere = {**unnumbered, "案件编号": "A-2"}
    rows = (unnumbered, PAID, other, other, nameless, elsewhere)
    found = convert(tmp_path, *rows, headings=REPORT, loader="case_report")
    source = found.raw.source_id
    assert found.cases.select("case_id", "victim_id", "row").rows() == [
        ("A-2024-017", "110101190001020029", 1),  # a namesake in the same case is the same victim
        ("A-2024-017", f"{source}:3", 3),
        ("A-2024-017", f"{source}:5", 5),
        ("A-2", f"{source}:6", 6),  # in another case perhaps not
    ]


def test_a_report_may_name_no_payment_but_not_half_of_one(tmp_path):
    bare = {"案件编号": "A-2", "受害人姓名": "钱七"}
    found = convert(tmp_path, bare, {**PAID, "转账时间": ""}, {**PAID, "付款账号": ""}, headings=REPORT, loader="case_report")
    assert found.legs.is_empty()
    assert found.cases["case_id"].to_list() == ["A-2"]
    assert found.faults.select("row", "column", "check").rows() == [
        (2, "转账时间", "missing_value"),
        (3, "付款账号", "missing_account"),
    ]


def test_another_persons_account_is_not_the_victims(tmp_path):
    found = convert(tmp_path, {**PAID, "付款户名": "某某公司"}, headings=REPORT, loader="case_report")
    assert found.links.is_empty()
    assert found.accounts.row(0, named=True)["holder_name"] == "某某公司"
    assert found.accounts.row(0, named=True)["holder_id"] is None


def test_statement_names_its_holders_once(tmp_path):
    row = {**GOOD, "开户人证件号码": "110101190001010011"}
    found = convert(tmp_path, row, row, headings=[*HEADINGS, "开户人证件号码"])
    assert found.accounts.select("account_id", "holder_id", "holder_name", "row").rows() == [
        (ACCOUNT, "110101190001010011", "张三", 1)
    ]
    assert found.holders.height == found.links.height == 1


def test_unbound_columns_are_in_the_raw_row_only(tmp_path):
    found = convert(tmp_path, {**GOOD, "交易网点名称": "某某支行"}, headings=[*HEADINGS, "交易网点名称"])
    assert '"交易网点名称":"某某支行"' in found.raw_json(pl.Series([1]))["raw"].item()
