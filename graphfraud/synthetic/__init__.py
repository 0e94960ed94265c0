"""Made-up worlds with a known culprit."""
