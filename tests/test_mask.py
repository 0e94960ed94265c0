import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfraud.mask import mask_id, mask_name, mask_text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("6299980000000001234", "629998******1234"),
        ("13800001234", "138****1234"),
        ("110101000000001234", "110***********1234"),
        ("12345678", "12****78"),
        ("A1", "**"),
        ("", ""),
    ],
)
def test_mask_id(value: str, shown: str) -> None:
    assert mask_id(value) == shown


def test_mask_name_and_text() -> None:
    assert mask_name("张三丰") == "张**"
    assert mask_name("") == ""
    assert mask_text("转给6299980000000001234 张三") == "转给629998******1234 张三"
    assert mask_text("2024-03-01 09:00 120.00") == "2024-03-01 09:00 120.00"
    assert mask_text("used on 02:00:00:00:09:EA") == "used on 02:00:******9:EA"


@given(st.text(), st.from_regex(r"[0-9]{12,30}", fullmatch=True), st.text())
@settings(derandomize=True, deadline=None)
def test_no_long_number_survives(before: str, number: str, after: str) -> None:
    assert number not in mask_text(f"{before}{number}{after}")
