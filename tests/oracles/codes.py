"""Dense codes, from the definition: a dict."""


def dense_codes(key, check):
    """Return each row's code and the first row of each code."""
    code_of, first = {}, []
    for row, pair in enumerate(zip(key, check, strict=True)):
        if pair not in code_of:
            code_of[pair] = len(code_of)
            first.append(row)
    return [code_of[pair] for pair in zip(key, check, strict=True)], first
