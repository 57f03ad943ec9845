"""Look for held-out content in the training text.

    python -m tools.demo_model.leaks --documents 160000

goes over as many documents of the stream as a run of so many has read, with the
evaluation's own cases and the lines of the example datasets. It ends with 1
where it finds something.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tools.demo_model.corpus.stream import training_document
from tools.demo_model.evaluation.held_out import HeldOut, Leaks, find_leaks, held_out_content

_CHUNK = 2_000


def _chunk(first: int, *, last: int, seed: int, held_out: HeldOut) -> Leaks:
    stop = min(first + _CHUNK, last)
    return find_leaks((training_document(seed, index) for index in range(first, stop)), held_out)


def find_leaks_in_stream(*, seed: int, documents: int, held_out: HeldOut, processes: int) -> Leaks:
    """Look for held-out content in the first documents of a seed's stream."""
    leaks = Leaks()
    look = partial(_chunk, last=documents, seed=seed, held_out=held_out)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for part in pool.map(look, range(0, documents, _CHUNK)):
            leaks.merge(part)
    return leaks


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the training run")
    parser.add_argument("--documents", type=int, default=160_000, help="steps x documents a step")
    parser.add_argument("--count", type=int, default=200, help="cases a row of the evaluation")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    began = time.monotonic()
    held_out = held_out_content(options.count)
    leaks = find_leaks_in_stream(
        seed=options.seed,
        documents=options.documents,
        held_out=held_out,
        processes=options.processes,
    )
    print(
        f"{leaks.documents} training documents against {len(held_out.pairs)} held-out questions "
        f"with their answers, {len(held_out.keys)} keys, {len(held_out.names)} names of schemas "
        f"and {len(held_out.lines)} lines of example datasets, {time.monotonic() - began:.0f} s"
    )
    for kind, times in leaks.counts.items():
        print(f"LEAK, {kind}: {times} times, as {leaks.examples[kind]!r}")
    if leaks.counts:
        sys.exit(1)
    print("The training text holds nothing that is held out.")


if __name__ == "__main__":
    main()
