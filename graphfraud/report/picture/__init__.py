"""Investigation pages, drawn with pyvis."""
