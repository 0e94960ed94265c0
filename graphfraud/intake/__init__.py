"""Files in: raw rows become accepted rows or rejected rows, nothing in between."""
