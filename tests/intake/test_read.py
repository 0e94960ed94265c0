"""Files in: encodings, delimiters, headings, row numbers, damaged files."""

import hashlib
from datetime import datetime

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.errors import SourceError
from graphfraud.intake.read import read_sources

CARD = "6222029900000000011"
HEAD = "交易卡号,交易时间,交易金额,摘要说明"
ROWS = f"{CARD},2024-03-01 09:30:15,1.00,转账\n{CARD},2024-03-01 09:30:16,2.00,取款\n"


def write(tmp_path, content, name="march.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(tmp_path, content, name="march.csv"):
    (raw,) = read_sources(write(tmp_path, content, name))
    return raw


def table(raw):
    return raw.body.cells(range(len(raw.headings))).rows()


def refused(tmp_path, content, name="march.csv"):
    path = write(tmp_path, content, name)
    with pytest.raises(SourceError) as error:
        for raw in read_sources(path):
            raw.body.cells(range(len(raw.headings)))
    assert name in error.value.where
    assert error.value.expected and error.value.remedy
    assert CARD not in str(error.value)
    return error.value


PLAIN = [(1, CARD, "2024-03-01 09:30:15", "1.00", "转账"), (2, CARD, "2024-03-01 09:30:16", "2.00", "取款")]


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda t: t.encode(), "utf-8"),
        (lambda t: b"\xef\xbb\xbf" + t.encode(), "utf-8-sig"),
        (lambda t: t.encode("gb18030"), "gb18030"),
        (lambda t: t.encode("gbk"), "gb18030"),
        (lambda t: t.encode("utf-16"), "utf-16"),
        (lambda t: b"\xfe\xff" + t.encode("utf-16-be"), "utf-16"),
    ],
)
@pytest.mark.parametrize("separator", [",", "\t", "|", ";"])
@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_line_ends(tmp_path, encode, encoding, separator, eol):
    content = encode(f"{HEAD}\n{ROWS}".replace(",", separator).replace("\n", eol))
    raw = read(tmp_path, content, "march.txt")
    assert raw.encoding == encoding
    assert raw.headings == tuple(HEAD.split(","))
    assert raw.header_row == 1
    assert table(raw) == PLAIN
    assert raw.sha256 == hashlib.sha256(content).hexdigest()
    assert raw.source_id == raw.sha256[:16]
    assert raw.n_bytes == len(content)


def test_headings_further_down_and_no_line_end_at_the_end(tmp_path):
    raw = read(tmp_path, f"查询结果,导出\n\n户名:某某,\n{HEAD}\n{ROWS}"[:-1])
    assert raw.header_row == 4
    assert table(raw) == PLAIN


def test_headings_as_exports_spell_them(tmp_path):
    raw = read(tmp_path, f"\ufeff*交易卡号\t, 交易时间 ,交易金额（元）,摘要说明,\n{CARD},x,1.00,转账,\n")
    assert raw.keys == ("交易卡号", "交易时间", "交易金额(元)", "摘要说明")
    assert raw.header_row == 1
    assert table(raw) == [(1, CARD, "x", "1.00", "转账")]


def test_a_heading_in_quotes_with_a_line_break(tmp_path):
    raw = read(tmp_path, f'交易卡号,"交易\n时间",交易金额,摘要说明\n{ROWS}')
    assert raw.keys[1] == "交易时间"
    assert table(raw) == PLAIN


def test_blank_lines_and_blank_rows_are_not_counted(tmp_path):
    one, two = ROWS.splitlines()
    raw = read(tmp_path, f"{HEAD}\n\n{one}\n,,,\n \n\t,,\n{two}\n\n\n")
    assert table(raw) == PLAIN
    assert raw.body.ragged().is_empty()
    assert raw.raw_json(pl.Series([2]))["raw"].item().startswith(f'{{"交易卡号":"{CARD}","交易时间":"2024-03-01 09:30:16"')


def test_ragged_rows_are_set_apart_whole(tmp_path):
    one, two = ROWS.splitlines()
    raw = read(tmp_path, f"{HEAD}\n{one}\n{CARD},短\n\n{one},长\n{two},,\n")
    assert [row[0] for row in table(raw)] == [1, 4]
    assert raw.body.ragged().rows() == [(2, 2), (3, 5)]
    told = dict(raw.raw_json(pl.Series([2, 3])).rows())
    assert told[2] == f'{{"交易卡号":"{CARD}","交易时间":"短"}}'
    assert told[3].endswith('"摘要说明":"转账","+1":"长"}')


def test_quoted_cells(tmp_path):
    raw = read(tmp_path, f'{HEAD}\n"{CARD}","x","1,000.00","说""明"\n"{CARD}",,"",\n')
    assert [tuple(cell or None for cell in row) for row in table(raw)] == [
        (1, CARD, "x", "1,000.00", '说"明'),
        (2, CARD, None, None, None),
    ]


def test_quoted_line_breaks_and_odd_quotes(tmp_path):
    text = f'{HEAD}\n{CARD},"第一行\n第二行",1.00,x\n="{CARD}",ab"c,2.00,y\n\n{CARD},z,"3.00"x,"w"\n短,短\n'
    raw = read(tmp_path, text)
    assert table(raw) == [
        (1, CARD, "第一行\n第二行", "1.00", "x"),
        (2, f'="{CARD}"', 'ab"c', "2.00", "y"),
        (3, CARD, "z", "3.00x", "w"),
    ]
    assert raw.body.ragged().rows() == [(4, 2)]
    assert dict(raw.raw_json(pl.Series([1, 4])).rows())[4] == '{"交易卡号":"短","交易时间":"短"}'


def test_a_mark_inside_a_cell(tmp_path):
    assert table(read(tmp_path, f"{HEAD}\n{CARD},x,1.00,a\x1fb\n"))[0][4] == "a\x1fb"


def test_headings_that_stand_twice(tmp_path):
    raw = read(tmp_path, "交易卡号,交易时间,备注,备注\n1,2,3,4\n")
    assert raw.raw_json(pl.Series([1]))["raw"].item() == '{"交易卡号":"1","交易时间":"2","备注":"3","备注#2":"4"}'


CELLS = st.text(alphabet='ab1 ,"\n\t；文', max_size=6)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8))
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory, rows):
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("交易卡号", "交易时间", "交易金额"), *rows])
    found = table(read(tmp_path_factory.mktemp("csv"), out.getvalue()))
    expected = [row for row in rows if any(cell.strip() for cell in row)]
    assert [tuple(cell or "" for cell in row[1:]) for row in found] == expected
    assert [row[0] for row in found] == list(range(1, len(expected) + 1))


# --- bad files


def test_missing_and_folder(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        read_sources(tmp_path / "none.csv")
    with pytest.raises(SourceError, match="found a folder"):
        read_sources(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path, monkeypatch):
    from pathlib import Path

    def denied(self):
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path, HEAD)
    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(SourceError, match="cannot be read \\(Permission denied\\)"):
        read_sources(path)


def test_empty_and_blank(tmp_path):
    assert "0 bytes" in refused(tmp_path, b"").found
    assert "blanks" in refused(tmp_path, b" \n\n").found


def test_headings_alone_are_a_file_of_no_rows(tmp_path):
    for content in (HEAD, HEAD + "\n", HEAD + "\n\n,,,\n"):
        raw = read(tmp_path, content)
        assert table(raw) == []
        assert raw.body.ragged().is_empty()


def test_one_endless_cell(tmp_path):
    assert "131,072 characters" in refused(tmp_path, "字" * 200_000).found


def test_binary(tmp_path):
    assert "binary" in refused(tmp_path, b"\x7fELF\x00\x01\x02" * 9).found


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_damage_is_named_by_line_and_byte(tmp_path, encoding):
    content = f"{HEAD}\n{ROWS}".encode(encoding) + b"\xff\xff,,,\n"
    error = refused(tmp_path, content)
    assert error.where == "march.csv line 4"
    assert "0xFF" in error.found and encoding.upper() in error.found


def test_damaged_utf16(tmp_path):
    refused(tmp_path, b"\xff\xfe" + HEAD.encode("utf-16-le") + b"\x00\xd8")


@pytest.mark.parametrize("n_lines", [1, 200])
def test_a_quotation_mark_never_closed(tmp_path, n_lines):
    error = refused(tmp_path, f'{HEAD}\n{ROWS}{CARD},"x,1.00,y\n' + ROWS * n_lines)
    assert error.where == "march.csv line 4"
    assert "never closed" in error.found


# --- workbooks


@pytest.fixture
def workbook(tmp_path):
    path = tmp_path / "march.xlsx"
    book = xlsxwriter.Workbook(path)
    seconds, days = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}), book.add_format({"num_format": "yyyy/m/d"})
    book.add_worksheet("说明").write(0, 0, "内部资料")
    sheet = book.add_worksheet("明细")
    sheet.write(0, 1, "标题")
    sheet.write_row(2, 1, HEAD.split(","))
    sheet.write_row(3, 1, [CARD, None, 1204.5, "文本"])
    sheet.write_datetime(3, 2, datetime(2024, 3, 1, 9, 30, 15), seconds)
    sheet.write_row(5, 1, [int(CARD), 45352.5, 0.1, None])
    sheet.write_row(6, 1, [CARD, None, 100, "x", "多"])
    sheet.write_datetime(6, 2, datetime(2024, 3, 1), days)
    sheet.write_row(7, 1, [622202990000011, "20240301", "1,000.00", None])
    sheet.write_formula(8, 3, "=0.1+0.2", None, 0.30000000000000004)
    other = book.add_worksheet("另一")
    other.write_row(0, 0, HEAD.split(","))
    other.write_row(1, 0, [CARD, "2024-03-01", "1", "y"])
    book.add_worksheet("空")
    book.close()
    return path


def test_every_sheet_is_a_source(workbook):
    first, second = read_sources(workbook)
    assert (first.sheet, first.number, first.header_row, first.encoding) == ("明细", 2, 3, "xlsx")
    assert (second.sheet, second.number, second.header_row) == ("另一", 3, 1)
    assert second.source_id == second.sha256[:16] + "#3"
    assert first.notices == ("sheet 说明 was passed over: no heading of it is known",)


def test_cells_of_a_workbook_are_exact_text_or_marked_as_damaged(workbook):
    first = read_sources(workbook)[0]
    assert table(first) == [
        (1, CARD, "2024-03-01 09:30:15", "1204.5", "文本"),
        (2, "6.22203E+18", "45352.5", "0.1", None),
        (4, "622202990000011", "20240301", "1,000.00", None),
        (5, None, None, "0.3", None),
    ]
    assert first.body.ragged().rows() == [(3, 5)]
    assert '"+1":"多"' in first.raw_json(pl.Series([3]))["raw"].item()


def test_bad_workbooks(tmp_path, workbook):
    content = workbook.read_bytes()
    for damaged in (content[: len(content) // 2], content[:30], b"PK\x03\x04" + b"x" * 100):
        assert "cut short or damaged" in refused(tmp_path, damaged, "cut.xlsx").found
    refused(tmp_path, HEAD, "text.xlsx")
    book = xlsxwriter.Workbook(tmp_path / "none.xlsx")
    book.add_worksheet()
    book.close()
    with pytest.raises(SourceError, match="without any cells"):
        read_sources(tmp_path / "none.xlsx")


# --- parquet and jsonl


def test_parquet(tmp_path):
    frame = pl.DataFrame(
        {
            "交易卡号": [CARD, None],
            "账号": pl.Series([6222029900000000011, None], dtype=pl.Int64),
            "交易时间": [datetime(2024, 3, 1, 9, 30, 15, 5), None],
            "交易金额": [1.5, None],
        }
    )
    frame.write_parquet(tmp_path / "march.parquet")
    (raw,) = read_sources(tmp_path / "march.parquet")
    assert table(raw) == [(1, CARD, CARD, "2024-03-01 09:30:15.000005", "1.5")]
    assert raw.header_row == 0
    content = (tmp_path / "march.parquet").read_bytes()
    refused(tmp_path, content[: len(content) // 2], "cut.parquet")
    pl.DataFrame({"a": [[1]]}).write_parquet(tmp_path / "nested.parquet")
    with pytest.raises(SourceError, match="Flatten"):
        read_sources(tmp_path / "nested.parquet")


def test_jsonl(tmp_path):
    raw = read(
        tmp_path, f'{{"交易卡号":{CARD},"交易金额":1.50}}\n\nnot json\n[1]\n{{"摘要":null,"交易卡号":"x"}}\n', "march.jsonl"
    )
    assert raw.headings == ("交易卡号", "交易金额", "摘要")
    assert table(raw) == [(1, CARD, "1.50", None), (4, "x", None, None)]
    assert raw.body.ragged().rows() == [(2, 1), (3, 1)]
    assert "not UTF-8" in refused(tmp_path, b'{"a":"\xff"}', "bad.jsonl").found
    refused(tmp_path, "nothing\n", "none.jsonl")
