"""Answers: frozen nouns that hold frames; they neither draw, write nor ask again.

Each frame has the schema stated beside it. A finding is worded as a fact under a rule, and carries its
:class:`~graphfraud.findings.run.Run`.
"""
