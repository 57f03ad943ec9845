"""What the process of every job shares. A job's own package (workers.generate) builds on it.

- options: the command line, and what keeps the process from starting
- row: its state on pages, and the heartbeat
- valkey: waiting for the embedded server
- outages: waiting while the database or Redis does not answer
- listening: taking rings with Celery, and the signals that end it
"""
