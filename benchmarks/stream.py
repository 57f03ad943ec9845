"""The server's cost of a streamed token, compared with an in-memory producer in the same process.

    python -m benchmarks.stream            # or: make bench-stream

1. Sockets that each get 20 tokens/s. Rounds alternate between ours (a process that calls the
   worker's publisher; Valkey; the hub; the page's socket) and the baseline (stream_server.py).
   The cost is the web process's CPU time for each token that it sent.
2. From the post of a form to the first token on the page's socket, over the engine alone.
3. The post's answer, over an empty view that only knows who asks (stream_urls.py): the same server,
   the same signed-in person, in turn.
4. One page that never reads, during a burst: how much the web process grows.

Ends with one line `RESULT {json}`.
"""

import argparse
import http.client
import json
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.processes import SideProcess, cpu_seconds, machine, memory_bytes
from benchmarks.stream_first import QuickPage, percentile
from playground.management.parts import web_part
from playground.management.supervisor import Part
from tests.support.part import RunningPart
from tests.support.stack import HOST, Stack

PACE = 0.05
RATIO_TARGET = 1.3
OVERHEAD_TARGET_MS = 15.0
ANSWER_TARGET = 2.5
GROWTH_TARGET_MIB = 10.0
# One person has all the sockets; the engine has all cores, as `make run` gives them.
ENV = {
    "OMP_NUM_THREADS": str(os.cpu_count()),
    "LIMIT_SOCKETS_PERSON": "10000",
    "LIMIT_SOCKETS_ADDRESS": "10000",
    "DJANGO_SETTINGS_MODULE": "benchmarks.stream_settings",
}
PROMPT = "English: Where is the station?\nFrench:"


class BenchStack(Stack):
    """The real parts, with the baseline's socket in the web process."""

    def launch_web(self) -> RunningPart:
        part = web_part(self.listener, verbose=False)
        command = [
            word.replace("playground.asgi", "benchmarks.stream_server") for word in part.command
        ]
        return self.launch(Part(name="web", command=command, pass_fds=part.pass_fds))


@dataclass(slots=True)
class Round:
    """One round of one kind:

    CPU microseconds a token by process, and the tokens that pages missed.
    """

    kind: str
    web: float
    valkey: float
    producer: float
    lost: int
    unordered: int
    frames: int


@dataclass(slots=True)
class Target:
    """A figure that was promised."""

    name: str
    value: float
    target: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.value <= self.target


@dataclass(slots=True)
class Streams:
    """The rounds of part 1."""

    stack: BenchStack
    producer: SideProcess
    clients: list[SideProcess]
    sockets: int
    steps: int
    runs: list[str] = field(default_factory=list)
    cookie: str = ""
    sent: int = 0

    def open(self) -> None:
        opened = self.producer.ask(do="open", runs=self.sockets)
        self.runs, self.cookie = opened["runs"], opened["cookie"]

    def round(self, kind: str) -> Round:
        """Connects all pages again, streams, and closes them."""
        first = self.sent + 1 if kind == "ours" else 1
        path = "/ws/" if kind == "ours" else "/baseline/"
        for number, client in enumerate(self.clients):
            client.send(
                do="connect",
                host=HOST,
                port=self.stack.port,
                path=path,
                cookie=self.cookie,
                next=first,
                runs=self.runs[number :: len(self.clients)],
            )
        for client in self.clients:
            client.answer()
        pids = [self.stack.parts["web"].pid, self.stack.parts["valkey"].pid, self.producer.pid]
        before = [cpu_seconds(pid) for pid in pids]
        if kind == "ours":
            self.producer.ask(do="produce", steps=self.steps, interval=PACE)
            self.sent += self.steps
        else:
            self._produce_in_memory()
        last = first + self.steps - 1
        for client in self.clients:
            client.send(do="expect", last=last, seconds=20)
        seen = [client.answer() for client in self.clients]
        used = [cpu_seconds(pid) - begun for pid, begun in zip(pids, before, strict=True)]
        for client in self.clients:
            client.ask(do="close")
        web, valkey, producer = (1e6 * seconds / (self.steps * self.sockets) for seconds in used)
        return Round(
            kind=kind,
            web=web,
            valkey=valkey,
            producer=producer,
            lost=sum(page["lost"] for page in seen),
            unordered=sum(page["unordered"] for page in seen),
            frames=sum(page["frames"] for page in seen),
        )

    def _produce_in_memory(self) -> None:
        connection = http.client.HTTPConnection(HOST, self.stack.port, timeout=120)
        connection.request("POST", f"/baseline/produce?steps={self.steps}&interval={PACE}&first=1")
        if connection.getresponse().status != 204:
            raise RuntimeError("the baseline did not produce")
        connection.close()


def measure_streams(
    stack: BenchStack,
    producer: SideProcess,
    clients: list[SideProcess],
    options: argparse.Namespace,
) -> list[Target]:
    """Alternating rounds; the first pair warms up and is not counted."""
    streams = Streams(stack, producer, clients, options.sockets, 20)
    streams.open()
    print(f"\n{options.sockets} sockets at {1 / PACE:.0f} tokens/s, {options.seconds} s a round")
    print(f"{'round':>10} {'web':>8} {'valkey':>8} {'producer':>9} {'frames':>8} lost out-of-order")
    rounds: list[Round] = []
    for number in range(2 * options.rounds + 2):
        streams.steps = 20 if number < 2 else round(options.seconds / PACE)
        # ours, baseline, baseline, ours, ...: neither is always first.
        kind = ("ours", "baseline", "baseline", "ours")[number % 4]
        done = streams.round(kind)
        print(
            f"{kind if number > 1 else 'warm-up':>10} {done.web:8.1f} {done.valkey:8.1f} "
            f"{done.producer:9.1f} {done.frames:8d} {done.lost:4d} {done.unordered}",
            flush=True,
        )
        if number > 1:
            rounds.append(done)
    ours = [done.web for done in rounds if done.kind == "ours"]
    baseline = [done.web for done in rounds if done.kind == "baseline"]
    ratio = statistics.median(a / b for a, b in zip(ours, baseline, strict=True))
    print(
        f"web process: {statistics.median(ours):.1f} against {statistics.median(baseline):.1f} "
        f"microseconds of CPU a token, ratio {ratio:.3f} (median of pairs)"
    )
    own = [done for done in rounds if done.kind == "ours"]
    return [
        Target("server CPU per token over in-memory baseline", round(ratio, 3), RATIO_TARGET, "x"),
        Target("tokens lost", sum(done.lost for done in own), 0, "tokens"),
        Target("events out of order", sum(done.unordered for done in own), 0, "events"),
    ]


def measure_first_token(stack: BenchStack, options: argparse.Namespace) -> list[Target]:
    """Blocks of requests in turn: through everything, and to the engine alone."""
    form: dict[str, object] = {
        "prompt": PROMPT,
        "model": "demo",
        "temperature": 0,
        "max_tokens": 4,
        "stop": "",
    }
    whole: list[dict[str, float]] = []
    alone: list[float] = []
    page = QuickPage(HOST, stack.port)
    with SideProcess("benchmarks.stream_engine", str(stack.checkpoint), env=stack.env) as engine:
        for number in range(options.requests // 10 + 1):
            # The server closes a connection that has been idle for 5 s.
            page.hang_up()
            block = [page.first_token_ms(form) for _ in range(10)]
            by_itself = [engine.ask(prompt=PROMPT, max_tokens=4)["ms"] for _ in range(10)]
            # The first block warms up.
            if number:
                whole += block
                alone += by_itself
    page.close()
    first = [request["first"] for request in whole]
    answer = [request["answer"] for request in whole]
    print(f"\nfirst token of {len(first)} requests, one at a time, in ms")
    print(f"{'':>34} {'median':>8} {'p99':>8}")
    for name, values in (
        ("the post's answer", answer),
        ("post to first token on the socket", first),
        ("engine alone", alone),
    ):
        print(f"{name:>34} {statistics.median(values):8.2f} {percentile(values, 0.99):8.2f}")
    median = statistics.median(first) - statistics.median(alone)
    p99 = percentile(first, 0.99) - percentile(alone, 0.99)
    print(f"{'overhead':>34} {median:8.2f} {p99:8.2f}")
    return [
        Target("first-token overhead, median", round(median, 2), OVERHEAD_TARGET_MS, "ms"),
    ]


def measure_answer(
    stack: BenchStack, producer: SideProcess, options: argparse.Namespace
) -> list[Target]:
    """Posts in turn: one that makes a run, whose end is waited for, and one that does nothing."""
    form = {"prompt": PROMPT, "model": "demo", "temperature": 0, "max_tokens": 1, "stop": ""}
    page = QuickPage(HOST, stack.port)
    page.cookies.update(producer.ask(do="sign_in"))
    answers: list[float] = []
    empties: list[float] = []
    for number in range(options.posts + 10):
        if number % 10 == 0:
            # The server closes a connection that has been idle for 5 s.
            page.hang_up()
        empty = page.empty_ms(form)
        answer = page.first_token_ms(form)["answer"]
        # The first ones warm up.
        if number >= 10:
            answers.append(answer)
            empties.append(empty)
    page.close()
    median, least = statistics.median(answers), statistics.median(empties)
    print(f"\n{len(answers)} answers to posts: {median:.2f} ms; of an empty view: {least:.2f} ms")
    name = "the post's answer over an empty authenticated view"
    return [Target(name, round(median / least, 2), ANSWER_TARGET, "x")]


def measure_slow_reader(
    stack: BenchStack, producer: SideProcess, options: argparse.Namespace
) -> list[Target]:
    """A page that does not read while its run bursts; then it reads, and misses nothing."""
    pid = stack.parts["web"].pid
    page = _slow_page(stack, producer)
    producer.ask(do="burst", tokens=200)
    page.read_positions(200)
    page.close()
    page = _slow_page(stack, producer)
    before = memory_bytes("VmRSS", pid)
    producer.send(do="burst", tokens=options.burst)
    most = before
    while not producer.has_answer(0.02):
        most = max(most, memory_bytes("VmRSS", pid))
    took = producer.answer()["seconds"]
    for _ in range(50):
        most = max(most, memory_bytes("VmRSS", pid))
        time.sleep(0.02)
    got = page.read_positions(options.burst)
    page.close()
    growth = round((most - before) / 2**20, 2)
    print(
        f"\na page that never reads, {options.burst} tokens in {took:.1f} s: the web process grew "
        f"by {growth:.2f} MiB from {before / 2**20:.0f}; then it read {got} in order"
    )
    return [
        Target(
            "growth with a page that never reads",
            growth,
            GROWTH_TARGET_MIB,
            "MiB",
        ),
        Target("tokens missed by it", options.burst - got, 0, "tokens"),
    ]


def _slow_page(stack: BenchStack, producer: SideProcess) -> QuickPage:
    """A page that follows a run that has no token yet."""
    opened = producer.ask(do="open", runs=1)
    page = QuickPage(HOST, stack.port, {"person": opened["cookie"]})
    page.follow_slowly(opened["runs"][0])
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=6.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=5, help="of each kind")
    parser.add_argument("--requests", type=int, default=120, help="for the first token")
    parser.add_argument("--posts", type=int, default=200, help="of each kind, for the answer")
    parser.add_argument("--burst", type=int, default=10_000, help="tokens that one page ignores")
    options = parser.parse_args()
    targets: list[Target] = []
    with tempfile.TemporaryDirectory() as folder:
        stack = BenchStack(Path(folder), env=ENV)
        try:
            with stack, ExitStack() as beside:
                stack.start_valkey()
                stack.migrate()
                stack.start_web()
                clients = [
                    beside.enter_context(SideProcess("benchmarks.stream_clients", env=stack.env))
                    for _ in range(2)
                ]
                producer = beside.enter_context(
                    SideProcess(
                        "benchmarks.django_process",
                        "benchmarks.stream_producer:Producer",
                        env=stack.env,
                    )
                )
                # First: a process that has had many sockets has memory to spare.
                slow = measure_slow_reader(stack, producer, options)
                targets += measure_streams(stack, producer, clients, options) + slow
                # Or the worker would release them as another's that was lost.
                producer.ask(do="end")
                stack.start_worker("demo")
                targets += measure_first_token(stack, options)
                targets += measure_answer(stack, producer, options)
        except BaseException:
            print(stack.report())
            raise
    print(f"\n{'':>50} {'measured':>10} {'target':>8}")
    for target in targets:
        mark = "holds" if target.holds else "MISSED"
        print(f"{target.name:>50} {target.value:10} {target.target:8g} {target.unit:6} {mark}")
    result = {
        "targets": [{**asdict(target), "holds": target.holds} for target in targets],
        "machine": machine(),
    }
    print("RESULT " + json.dumps(result))


if __name__ == "__main__":
    main()
