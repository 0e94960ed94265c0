"""Python's integers do not wrap."""


def muldivmod(a, b, c):
    return divmod(a * b, c)


def muldiv(a, b, c):
    return a * b // c
