"""Measurements: each prints a table, ratios against a peer in the same run, and one RESULT line."""
