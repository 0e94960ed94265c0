"""Names and numbers of people who do not exist.

Every number is invented so that it cannot be anybody's: cards begin 629998 (Luhn-valid, under a prefix we know of no issuer
for), account numbers begin 99, identity numbers have the impossible region 99 *and* a wrong check character, company codes
begin Z9, phones begin 154 and IoT numbers 14490 (blocks without a carrier), IMEIs begin 001 (the block for test equipment),
ICCIDs and IMSIs use the network number 99 of China (unassigned), MAC addresses are locally administered, and IP addresses
are of 198.18.0.0/15 (the block for benchmarks).
"""

import numpy as np
import polars as pl

from graphfraud.synthetic.draws import Ints
from graphfraud.units import DAY_US

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建文斌婷慧莹宇浩轩然梓涵欣怡子墨晨曦佳琪雨桐思远志国庆春梅冬雪海波"
)
BANKS = ("江海银行", "云岭银行", "北辰银行", "南屿农商银行", "青禾银行", "长汀信用社", "东川商业银行", "明湖银行")
PAYMENT_FIRMS = ("财付通云端支付", "支付宝晴川备付金", "零钱通付")
CITIES = ("晴川市", "澜州市", "云泽市", "望江市", "鹿岭市", "泊远市")
_DISTRICTS = ("东湖区", "北屏区", "南塘区", "西岭区", "新港区", "河湾县", "临溪县", "古桥镇")
_WORDS = "云起远航盛达恒信鼎泰宏图金石海纳百川启明锦程众诚瑞丰安和新元通力嘉禾"
_TRADES = ("商贸", "网络科技", "建材", "服饰", "农产品", "物流", "餐饮管理", "电子", "咨询服务", "百货")
CARRIERS = ("晴川移通", "云岭联讯", "北辰电信", "虚拟运营商易通")

_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int64)
_ID_CHECKS = "10X98765432"


def _digits(number: Ints, width: int) -> Ints:
    """Return int64[n, width]: decimal digits, most significant first."""
    power = np.array([10**k for k in range(width - 1, -1, -1)], np.int64)
    digits: Ints = number[:, None] // power % 10
    return digits


def luhn_digit(number: Ints, width: int) -> Ints:
    """Return the digit that makes number (of width digits) followed by it pass the Luhn check."""
    digits = _digits(number, width)
    doubled = digits[:, ::-1].copy()
    doubled[:, ::2] *= 2
    total: Ints = (doubled // 10 + doubled % 10).sum(axis=1)
    check: Ints = (10 - total % 10) % 10
    return check


def _text(number: Ints, width: int = 0) -> pl.Series:
    return pl.Series(number).cast(pl.String).str.zfill(width)


def _take(words: tuple[str, ...] | list[str], position: Ints) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(position)


def cards(serial: Ints, bank: Ints) -> pl.Series:
    """Return 19-digit card numbers."""
    body = 629998 * 10**12 + bank * 10**10 + serial
    return _text(body * 10 + luhn_digit(body, 18))


def account_numbers(serial: Ints, bank: Ints) -> pl.Series:
    """Return 17-digit account numbers; scrambled, so that neighbours in the world are not neighbours in order."""
    scrambled = (serial * 7_368_787 + 1_234_567) % 10_000_000_019
    return _text(99 * 10**15 + (10 + bank) * 10**13 + scrambled)


def person_ids(serial: Ints, birth_day: Ints) -> pl.Series:
    """Return 18-character identity numbers that fail both tests a real one passes."""
    birth = pl.Series(birth_day).cast(pl.Int32).cast(pl.Date).dt.strftime("%Y%m%d").cast(pl.Int64).to_numpy()
    body = (990000 + serial // 1000 % 100) * 10**11 + birth * 1000 + serial % 1000
    right = (_digits(body, 17) * _ID_WEIGHTS).sum(axis=1) % 11
    return _text(body) + _take(list(_ID_CHECKS), (right + 1 + serial // 100_000 % 9) % 11)


def company_ids(serial: Ints) -> pl.Series:
    """Return 18-character company codes."""
    return pl.Series(["Z9"], dtype=pl.String).gather(np.zeros(len(serial), np.int64)) + _text(serial, 16)


def person_names(draw: Ints) -> pl.Series:
    """Return names of two or three characters from a whole number each."""
    second = [*GIVEN, ""]
    return (
        _take(list(SURNAMES), draw % len(SURNAMES))
        + _take(list(GIVEN), draw // 64 % len(GIVEN))
        + _take(second, draw // 4096 % len(second))
    )


def company_names(draw: Ints) -> pl.Series:
    """Return names of companies in cities that do not exist."""
    return (
        _take(CITIES, draw % len(CITIES))
        + _take([_WORDS[i : i + 2] for i in range(0, len(_WORDS) - 1, 2)], draw // 8 % (len(_WORDS) // 2))
        + _take(_TRADES, draw // 256 % len(_TRADES))
        + pl.Series(["有限公司"], dtype=pl.String).gather(np.zeros(len(draw), np.int64))
    )


def addresses(draw: Ints) -> pl.Series:
    """Return addresses in cities that do not exist."""
    road = _take(list(GIVEN), draw // 64 % len(GIVEN)) + _take(("路", "街", "巷"), draw // 4096 % 3)
    return (
        _take(CITIES, draw % len(CITIES)) + _take(_DISTRICTS, draw // 8 % len(_DISTRICTS)) + road + _text(draw % 300 + 1) + "号"
    )


def outlets(number: Ints) -> pl.Series:
    """Return names of bank outlets by number; the bank of an outlet is its number modulo the number of banks."""
    place = _take(_DISTRICTS, number // len(BANKS) % len(_DISTRICTS)) + _take(CITIES, number // 64 % len(CITIES))
    return _take(BANKS, number % len(BANKS)) + place + _text(number // len(BANKS) + 1) + "号支行"


def agents(number: Ints) -> pl.Series:
    """Return names of the shops that open phone cards, by number."""
    return _take(CITIES, number % len(CITIES)) + _take(_DISTRICTS, number // 8 % len(_DISTRICTS)) + "通讯代理点" + _text(number)


def phones(serial: Ints, iot: np.ndarray) -> pl.Series:
    """Return 11-digit phone numbers, 13-digit ones where ``iot`` is true."""
    return _text(np.where(iot, 1_449_000_000_000 + serial, 15_400_000_000 + (serial * 48_271 + 77) % 99_999_989))


def iccids(serial: Ints) -> pl.Series:
    """Return 20-digit numbers printed on phone cards."""
    return pl.Series(["898699"], dtype=pl.String).gather(np.zeros(len(serial), np.int64)) + _text(
        serial * 10 + luhn_digit(serial, 13), 14
    )


def imsis(serial: Ints) -> pl.Series:
    """Return 15-digit subscriber numbers."""
    return _text(46_099 * 10**10 + serial)


def imeis(serial: Ints) -> pl.Series:
    """Return 15-digit handset numbers, Luhn-valid, sequential with the serial."""
    body = 10**11 + serial
    return _text(body * 10 + luhn_digit(body, 14), 15).str.zfill(15)


def macs(serial: Ints) -> pl.Series:
    """Return locally administered MAC addresses."""
    hexes = [f"{i:02X}" for i in range(256)]
    text = _take(("02",), np.zeros(len(serial), np.int64))
    for shift in (32, 24, 16, 8, 0):
        text = text + ":" + _take(hexes, (serial >> shift) % 256)
    return text


def ips(serial: Ints) -> pl.Series:
    """Return addresses of the benchmark block."""
    host = serial % (1 << 17)
    return "198." + _text(18 + (host >> 16)) + "." + _text((host >> 8) % 256) + "." + _text(host % 256)


def birth_days(age_days: Ints, now_us: int) -> Ints:
    """Return days since 1970 of people of given ages."""
    return now_us // DAY_US - age_days
