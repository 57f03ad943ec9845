"""Requests over a database schema, and the SQL that answers them."""
