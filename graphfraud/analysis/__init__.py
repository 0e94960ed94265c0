"""Questions asked of graphs; one file a question, answers are findings."""
