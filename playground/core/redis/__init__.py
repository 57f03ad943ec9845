"""Redis: its clients, and the server that we bring.

- clients: one pool a process
- broker: Celery's connection
- valkey: the embedded server
- valkey_server: which program runs it
"""
