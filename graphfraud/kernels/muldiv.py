"""Exact ``a * b // c`` where the product does not fit in 64 bits."""

import numpy as np

from graphfraud.kernels.jit import kernel

_PRODUCT_MAX = 9.2e18  # below 2**63 by more than the rounding of the float product that is compared with it
_BITS = 31  # of a digit: the product of two digits, twice, and a carry stay below 2**63
_DIGIT = (1 << _BITS) - 1


@kernel
def muldivmod(a, b, c):
    """Return the quotient and the remainder of ``a * b`` by ``c``.

    Parameters
    ----------
    a, b : int64, not negative
    c : int64, positive, and large enough that the quotient is below 2**63

    Returns
    -------
    quotient : int64
    remainder : int64

    Order
    -----
    One division where ``a * b`` fits in 64 bits, else four.

    Source
    ------
    Knuth, TAOCP 2, 4.3.1, algorithm D, in digits of 31 bits: no intermediate value passes 2**63, so nothing can wrap.

    Twin
    ----
    tests/oracles/muldiv.py
    """
    if float(a) * float(b) < _PRODUCT_MAX:
        product = a * b
        quotient = product // c
        return quotient, product - quotient * c
    whole = a // c
    a -= whole * c
    shift = 0  # brings c to at least 2**62, so that its upper digits guess a quotient digit at most 2 too high
    for step in (32, 16, 8, 4, 2, 1):
        if c >> (63 - step) == 0:
            c <<= step
            shift += step
    a <<= shift
    a2, a1, a0 = a >> 2 * _BITS, (a >> _BITS) & _DIGIT, a & _DIGIT
    b2, b1, b0 = b >> 2 * _BITS, (b >> _BITS) & _DIGIT, b & _DIGIT
    p0 = a0 * b0
    p1 = a1 * b0 + a0 * b1 + (p0 >> _BITS)
    p2 = a2 * b0 + a1 * b1 + a0 * b2 + (p1 >> _BITS)
    p3 = a2 * b1 + a1 * b2 + (p2 >> _BITS)
    rest = ((a2 * b2) << _BITS) + p3
    upper = c >> _BITS
    lower = c & _DIGIT
    quotient = 0
    for digit in (p2 & _DIGIT, p1 & _DIGIT, p0 & _DIGIT):
        guess = rest // upper
        rest = ((rest - guess * upper) << _BITS) + digit - guess * lower
        while rest < 0:
            guess -= 1
            rest += c
        quotient = (quotient << _BITS) + guess
    return whole * b + quotient, rest >> shift


@kernel
def muldiv(a, b, c):
    """Return ``a * b // c`` exactly.

    Parameters
    ----------
    a, b : int64, not negative
    c : int64, positive, and large enough that the quotient is below 2**63

    Returns
    -------
    quotient : int64

    Order
    -----
    As :func:`muldivmod`.

    Source
    ------
    As :func:`muldivmod`.

    Twin
    ----
    tests/oracles/muldiv.py
    """
    return muldivmod(a, b, c)[0]


@kernel
def muldiv_each(a, b, c):
    """Return ``a * b // c`` element by element.

    Parameters
    ----------
    a, b : int64[n], not negative
    c : int64[n], positive

    Returns
    -------
    quotient : int64[n]

    Order
    -----
    n times :func:`muldivmod`; 8 bytes a row.

    Source
    ------
    As :func:`muldivmod`.

    Twin
    ----
    tests/oracles/muldiv.py
    """
    quotient = np.empty(a.size, np.int64)
    for i in range(a.size):
        quotient[i] = muldivmod(a[i], b[i], c[i])[0]
    return quotient
