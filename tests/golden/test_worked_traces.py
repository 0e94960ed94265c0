"""Worked tracing cases, the arithmetic shown."""

import pytest

from graphfraud.kernels.lots import trace_fifo, trace_libr, trace_lifo
from graphfraud.kernels.poison import trace_poison
from graphfraud.kernels.shares import trace_pro_rata

from ..ledger import ledger, resting, story

HOUR_US = 3_600_000_000

# One mixed account, three victims (0, 1, 2), one unknown payer x; 26,000.00 are found frozen in it.
EXAMPLE_A = ledger("""
    10:00 V1 -> card 50,000.00 seed     # balance 50,000
    10:05 X  -> card  3,000.00          #         53,000
    10:10 V2 -> card 30,000.00 seed     #         83,000
    10:12 card -> out 60,000.00         #         23,000
    10:20 V3 -> card  8,000.00 seed     #         31,000
    10:25 card -> out 5,000.00          #         26,000
""")


def _frozen(trace) -> dict[str, str]:
    """Return what rests in the card, by seed."""
    lots = (line.split() for line in resting(trace(*EXAMPLE_A.arrays()), EXAMPLE_A))
    return {f"V{int(origin[0]) + 1}": yuan for account, origin, _, yuan in lots if account == "card"}


def test_example_a_fifo() -> None:
    # The 60,000 out are V1's 50,000, X's 3,000 and 7,000 of V2's 30,000; the 5,000 out are again V2's.
    # 30,000 - 7,000 - 5,000 = 18,000 of V2 and 8,000 of V3 are left.
    assert _frozen(trace_fifo) == {"V2": "18,000.00", "V3": "8,000.00"}


def test_example_a_lifo() -> None:
    # The 60,000 out are V2's 30,000, X's 3,000 and 27,000 of V1's 50,000; the 5,000 out are V3's.
    # 50,000 - 27,000 = 23,000 of V1 and 8,000 - 5,000 = 3,000 of V3 are left.
    assert _frozen(trace_lifo) == {"V1": "23,000.00", "V3": "3,000.00"}


def test_example_a_pro_rata() -> None:
    # 60,000 of 83,000 out. In fen, with the fractions of 6,000,000 * part / 8,300,000:
    #   V1 3,614,457.83  X 216,867.47  V2 2,168,674.70: floors sum to 5,999,998, two fen to V1 and V2
    #   left: V1 1,385,542  X 83,133  V2 831,325, together 2,300,000
    # 5,000 of 31,000 out, after V3's 800,000. 500,000 * part / 3,100,000:
    #   X 13,408.55  V1 223,474.52  V2 134,084.68  V3 129,032.26: floors sum to 499,998, two fen to V2 and X (.55 before .52)
    #   left: V1 1,162,068  X 69,724  V2 697,240  V3 670,968, together 2,600,000
    assert _frozen(trace_pro_rata) == {"V1": "11,620.68", "V2": "6,972.40", "V3": "6,709.68"}
    assert 1_162_068 + 69_724 + 697_240 + 670_968 == 2_600_000


def test_example_a_libr() -> None:
    # X's 3,000 leave first, then the oldest: 60,000 = 3,000 + V1's 50,000 + 7,000 of V2; the 5,000 are V2's.
    assert _frozen(trace_libr) == {"V2": "18,000.00", "V3": "8,000.00"}


def test_example_a_poison() -> None:
    # The card is wholly each victim's, and so is all that left it after that victim paid in.
    assert _frozen(trace_poison) == {"V1": "26,000.00", "V2": "26,000.00", "V3": "26,000.00"}
    # Mixed in: X's 3,000 + V2's 30,000 + V3's 8,000 into V1's; the 53,000 there before + V3's 8,000 into V2's; the 23,000
    # there before into V3's: 41,000 + 61,000 + 23,000 = 125,000. The second payee holds 60,000 when V3's first money comes:
    # 60,000 more. Together 185,000.
    answer = trace_poison(*EXAMPLE_A.arrays())
    assert answer[10].tolist() == [18_500_000, 0, 0, 0]
    # 88,000 of seeds + 185,000 mixed = lots: 3 * 26,000 in the card + 3 * 65,000 in the second payee
    assert answer[9].sum() == 8_800_000 + 18_500_000 == 3 * 2_600_000 + 3 * 6_500_000


# A 刷单 chain: two tiers, a cash-out, a purchase, and a last hop that comes too late.
CHAIN = ledger("""
    b has 20.00
    09:00 victim -> a 100.00 seed
    09:06 a -> b 99.00
    09:30 b -> atm 60.00 cash_out
    10:30 b -> c 30.00
    12:01 c -> d 30.00               # beyond three hours
""")


@pytest.mark.parametrize(
    ("trace", "told"),
    [
        # b holds 20 of its own below the 99: fifo pays the cash-out from the 20 first, 40 of the 60 are stolen.
        (
            trace_fifo,
            ["a 0.1 rests 1.00", "b 0.2 rests 29.00", "b 0.3 left 40.00", "c 0.3 beyond 30.00"],
        ),
        (trace_libr, ["a 0.1 rests 1.00", "b 0.2 rests 29.00", "b 0.3 left 40.00", "c 0.3 beyond 30.00"]),
        # lifo pays it wholly from the 99; of the other 39, 30 go to c.
        (trace_lifo, ["a 0.1 rests 1.00", "b 0.2 rests 9.00", "b 0.3 left 60.00", "c 0.3 beyond 30.00"]),
        # 60 * 99 / 119 = 49.9159.. -> 49.92; then 30 * 49.08 / 59 = 24.9559.. -> 24.96 go to c; 24.12 stay.
        # c holds nothing else, so the late 30.00 take all of the 24.96.
        (trace_pro_rata, ["a 0.1 rests 1.00", "b 0.2 rests 24.12", "b 0.3 left 49.92", "c 0.3 beyond 24.96"]),
        # all 119 are the victim's: 60 left, 30 went on to c, 29 stay; 20 were mixed in.
        (trace_poison, ["a 0.1 rests 1.00", "b 0.2 rests 29.00", "b 0.3 left 60.00", "c 0.3 beyond 30.00"]),
    ],
    ids=["fifo", "libr", "lifo", "pro_rata", "poison"],
)
def test_a_chain_with_a_deadline(trace, told) -> None:
    assert resting(trace(*CHAIN.arrays(within_us=3 * HOUR_US)), CHAIN) == told


def test_the_steps_of_a_chain_read_as_its_story() -> None:
    assert story(trace_fifo(*CHAIN.arrays(hops_max=3)), CHAIN) == [
        "0.1 victim -> a 100.00",
        "0.2 a -> b 99.00",
        "0.3 b -> atm 40.00",
        "0.3 b -> c 30.00",
    ]


# A victim who was made a mule: v2 got 30.00 of v1's money and then pays 100.00 of what she takes for her own.
MULE = ledger("""
    v2 has 80.00
    09:00 v1 -> v2 30.00 seed
    09:10 v2 -> a 100.00 seed
""")


@pytest.mark.parametrize("trace", [trace_fifo, trace_lifo, trace_libr, trace_pro_rata])
def test_a_seed_never_takes_the_money_of_another_victim(trace) -> None:
    # She has 80.00 of her own, so 20.00 are lacking; v1's 30.00 are still said to be with her, though 10.00 are in the account.
    answer = trace(*MULE.arrays())
    assert resting(answer, MULE) == ["a 1.1 rests 100.00", "v2 0.1 rests 30.00"]
    assert answer[10].tolist() == [0, 2_000, 0, 0]


def test_poison_counts_the_whole_seed_of_a_contaminated_victim_as_lacking() -> None:
    # Mixed in: her 80.00, less the 100.00 that left as her own. 130.00 of seeds - 20.00 = 10.00 with her + 100.00 with a.
    answer = trace_poison(*MULE.arrays())
    assert resting(answer, MULE) == ["a 1.1 rests 100.00", "v2 0.1 rests 10.00"]
    assert answer[10].tolist() == [-2_000, 10_000, 0, 0]
