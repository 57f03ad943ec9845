"""Django's backend for PostgreSQL, which says at once why a connection fails."""
