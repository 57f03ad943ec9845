"""What is known of models, tuned ones too, and of their workers."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from playground.accounts.models import Person
from playground.checkpoints.config_file import parameter_count
from playground.checkpoints.jobs import GENERATE, Job
from playground.checkpoints.models import Adapter, AdapterGrant, Worker
from playground.checkpoints.registry import ModelSpec, registry
from playground.core.errors import ModelDeleted, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """A model with the live state of the workers that generate with it.

    state: "ready", "loading", "not_ready" (with the reason in ``detail``) or
    "no_worker". live, slots: runs now, and at most, over all ready workers.
    parameters: how many weights the model has, where that is known.
    waits: what workers that are not ready wait for, in words for visitors.
    """

    spec: ModelSpec
    state: str
    detail: str
    tokens_per_second: float | None
    live: int
    slots: int
    parameters: int | None = None
    waits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """What a prompt can be run on: a model of the registry, or a tuned one of its base.

    name: what forms, states and addresses carry. shared_by: whose it is, where it is another's.
    """

    base: ModelSpec
    adapter: Adapter | None = None
    shared_by: str = ""

    @property
    def name(self) -> str:
        return self.adapter.name if self.adapter else self.base.name

    @property
    def title(self) -> str:
        return self.adapter.title if self.adapter else self.base.title


def served_models(person: Person | None) -> list[ServedModel]:
    """All that the person can run: the registry's models, each followed by their own tuned ones
    and then by those that others share with them, the newest first."""
    own: list[Adapter] = []
    others: list[Adapter] = []
    if person is not None:
        ready = usable_adapters(person).filter(state=Adapter.State.READY)
        for adapter in ready.select_related("person__user").order_by("-created_at", "-pk"):
            (own if adapter.person_id == person.pk else others).append(adapter)
    served: list[ServedModel] = []
    for base in registry().models.values():
        served.append(ServedModel(base=base))
        served += [ServedModel(base=base, adapter=one) for one in own if one.base == base.name]
        served += [
            ServedModel(base=base, adapter=one, shared_by=_owner_of(one))
            for one in others
            if one.base == base.name
        ]
    return served


def _owner_of(adapter: Adapter) -> str:
    return adapter.person.public_name if adapter.person else ""


def get_served(person: Person | None, name: str) -> ServedModel:
    """The model of that name that the person can run; "" is the default.

    Raises `UnknownModel` for a name that the registry lacks, `ModelDeleted` for a tuned model that
    they could run until it was deleted, and `NotFound` for any other: somebody else's that is not
    shared with them is as if it did not exist.
    """
    if ":" not in name:
        return ServedModel(base=registry().get(name or registry().default))
    adapter = find_adapter(person, name)
    if adapter is None:
        raise NotFound(f"There is no model “{name:.80}” here. Choose another one.", field="model")
    if adapter.is_deleted:
        raise ModelDeleted(
            f"The tuned model “{adapter.title}” was deleted. Choose another model.", field="model"
        )
    return ServedModel(base=registry().get(adapter.base), adapter=adapter)


def usable_adapters(person: Person) -> QuerySet[Adapter]:
    """The person's own tuned models and those that are shared with them; deleted ones too."""
    granted = AdapterGrant.objects.filter(person=person).values("adapter")
    return Adapter.objects.filter(Q(person=person) | Q(pk__in=granted))


def own_adapters(person: Person) -> QuerySet[Adapter]:
    """The person's tuned models that are not deleted, the newest first."""
    own = Adapter.objects.filter(person=person, state=Adapter.State.READY)
    return own.order_by("-created_at", "-pk")


def ready_digests(digests: Iterable[str]) -> set[str]:
    """Those of ``digests`` that some tuned model has that is not deleted."""
    ready = Adapter.objects.filter(digest__in=list(digests), state=Adapter.State.READY)
    return set(ready.values_list("digest", flat=True))


def find_adapter(person: Person | None, name: str) -> Adapter | None:
    """The tuned model of that name, if the person can run it or could until it was deleted."""
    return usable_adapters(person).filter(name=name).first() if person else None


def find_ready_adapter(person: Person | None, name: str) -> Adapter | None:
    """The tuned model of that name, if the person can run it."""
    found = find_adapter(person, name)
    return None if found is None or found.is_deleted else found


def model_title(name: str) -> str:
    """What people call the model of that name, whosever it is: for pages that show what a prompt
    was made with to others than its author."""
    if ":" in name:
        title = Adapter.objects.filter(name=name).values_list("title", flat=True).first()
        return title or name
    spec = registry().models.get(name)
    return spec.title if spec else name


def get_adapter(person: Person | None, adapter_id: uuid.UUID) -> Adapter:
    """The person's own tuned model that is not deleted; any other is as if it did not exist."""
    own = own_adapters(person).filter(pk=adapter_id).first() if person else None
    if own is None:
        raise NotFound("There is no such model here. It may have been deleted.")
    return own


def live_workers(job: Job) -> QuerySet[Worker]:
    """The job's workers whose heartbeat is not older than the lease."""
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    beating = Worker.objects.filter(job=job.name, heartbeat_at__gte=Now() - lease)
    return beating.exclude(state=Worker.State.STOPPED)


def model_states() -> list[ModelState]:
    """Every model of the registry, in its order."""
    workers: dict[str, list[Worker]] = {}
    for worker in live_workers(GENERATE):
        workers.setdefault(worker.model, []).append(worker)
    return [_state(spec, workers.get(name, [])) for name, spec in registry().models.items()]


def any_ready() -> bool:
    """Whether some worker can serve a run now."""
    return live_workers(GENERATE).filter(state=Worker.State.READY).exists()


def _state(spec: ModelSpec, workers: list[Worker]) -> ModelState:
    ready = [worker for worker in workers if worker.state == Worker.State.READY]
    speeds = [worker.tokens_per_second for worker in ready if worker.tokens_per_second]
    if ready:
        state, detail = "ready", ""
    elif any(worker.state == Worker.State.LOADING for worker in workers):
        state, detail = "loading", "A worker is loading the model."
    elif workers:
        # Here every worker is not ready.
        state, detail = "not_ready", " ".join(dict.fromkeys(worker.detail for worker in workers))
    else:
        state, detail = "no_worker", "No worker for this model is running."
    return ModelState(
        spec=spec,
        state=state,
        detail=detail,
        tokens_per_second=sum(speeds) if speeds else None,
        live=sum(worker.live for worker in ready),
        slots=sum(worker.slots for worker in ready),
        parameters=parameter_count(spec),
        waits=tuple(
            dict.fromkeys(
                waits_for(worker) for worker in workers if worker.state == Worker.State.NOT_READY
            )
        ),
    )


def waits_for(worker: Worker) -> str:
    """What a worker that is not ready waits for, in words that need no operator."""
    if worker.reason == "device_missing":
        return (
            f"A worker waits for a graphics processor ({worker.device}) that is not available yet."
        )
    return worker.detail
