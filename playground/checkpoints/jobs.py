"""The jobs that workers do, and what each is called on Redis, in rows and on command lines."""

import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One kind of work. Its workers are processes of ``workers.<name>.main``.

    name: of its Celery task; in its queues' names, in workers' rows and on command lines.
    worker_prefix: what its workers' names begin with, so that two jobs can share a device.
    slots: how much one worker does at a time; None leaves it to the registry.
    stop_seconds: how long a worker may take to hand over its work once its grace has passed.
    per_model: whether each model has workers of its own. Else one process serves the site.
    """

    name: str
    worker_prefix: str
    slots: int | None = None
    stop_seconds: float = 5.0
    per_model: bool = True

    def queue_name(self, queue: str) -> str:
        """The Celery queue, and the Redis list, of one of the job's queues."""
        return f"{self.name}.{queue}"

    def worker_name(self, model: str, device: str, host: str | None = None) -> str:
        """``demo-cpu@host``: the same after each restart, so that a worker finds what it held.

        One engine serves a device, so a model and a device name a job's worker of a host.
        """
        served = f"{model}-{device.replace(':', '')}" if self.per_model else self.name
        return f"{self.worker_prefix}{served}@{host or socket.gethostname()}"


# Continues prompts. Each model has a queue, which is called as the model is.
GENERATE = Job(name="generate", worker_prefix="")
# Fine-tunes models, one at a time on a device. Queues are called as the base is. Its child process
# saves a checkpoint before it ends.
FINETUNE = Job(name="finetune", worker_prefix="finetune-", slots=1, stop_seconds=20.0)
# Examines datasets. It has one queue.
CHECK = Job(name="check", worker_prefix="", per_model=False)
CHECK_QUEUE = "datasets"

# By name. `manage.py up` starts a worker of each for every model that the registry serves, or one
# for the site.
JOBS = {job.name: job for job in (GENERATE, FINETUNE, CHECK)}
