"""Dense codes: the same key, the same small number."""

import numpy as np

from graphfraud.kernels.jit import kernel


@kernel
def dense_codes(key, check):
    """Number keys 0, 1, ... in the order in which they first appear.

    Parameters
    ----------
    key : uint64[n], well mixed bits (a hash)
    check : uint64[n], further bits of the same thing; two rows are equal when key and check both are

    Returns
    -------
    code : int32[n]
    first : int64[k], the row in which each code appears first

    Order
    -----
    Time O(n) expected; memory 24 bytes a slot, at most eight slots a distinct key.

    Source
    ------
    Knuth, The Art of Computer Programming, vol. 3, section 6.4, algorithm L (open addressing, linear probing).

    Twin
    ----
    tests/oracles/codes.py
    """
    n = key.size
    code = np.empty(n, np.int32)
    first = np.empty(n, np.int64)
    size = 1 << 10
    slots = np.zeros((size, 3), np.uint64)  # key, check, code + 1; one row so that a probe costs one cache miss
    k = 0
    for i in range(n):
        j = np.int64(key[i] >> np.uint64(20)) & (size - 1)
        while slots[j, 2] != 0 and (slots[j, 0] != key[i] or slots[j, 1] != check[i]):
            j = (j + 1) & (size - 1)
        if slots[j, 2] != 0:
            code[i] = np.int32(slots[j, 2]) - np.int32(1)
            continue
        first[k] = i
        code[i] = k
        k += 1
        slots[j, 0], slots[j, 1], slots[j, 2] = key[i], check[i], np.uint64(k)
        if 2 * k > size:
            size *= 4
            slots = np.zeros((size, 3), np.uint64)
            for c in range(k):
                row = first[c]
                j = np.int64(key[row] >> np.uint64(20)) & (size - 1)
                while slots[j, 2] != 0:
                    j = (j + 1) & (size - 1)
                slots[j, 0], slots[j, 1], slots[j, 2] = key[row], check[row], np.uint64(c + 1)
    return code, first[:k].copy()
