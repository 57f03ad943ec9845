"""What the process of every job shares.

- app: the Celery application and its task
"""
