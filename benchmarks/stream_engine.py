"""The engine alone, in the loop in which a worker steps it: from submit to the first token."""

import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.processes import serve
from playground.core.processes import end_with_my_parent
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.engine import Engine
from workers.engine.request import Request, SamplingParams, TokenOutput


class Alone:
    """An engine with its thread of steps."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.engine = Engine.load(CheckpointSpec(folder=folder, dtype="float32", device="cpu"))
        self.first = threading.Event()
        self.ended = threading.Event()
        self.first_at = 0.0
        threading.Thread(target=self._steps, daemon=True).start()

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Milliseconds from submit to the first token of one request."""
        ids = tuple(self.tokenizer.encode(question["prompt"], add_special_tokens=False).ids)
        params = SamplingParams(max_tokens=question["max_tokens"], temperature=0.0)
        self.first.clear()
        self.ended.clear()
        begun = time.perf_counter()
        self.engine.submit(Request("r", ids, params))
        self.first.wait()
        took = self.first_at - begun
        self.ended.wait()
        return {"ms": 1000 * took}

    def _steps(self) -> None:
        while True:
            self.engine.wait(None)
            for output in self.engine.step():
                if not isinstance(output, TokenOutput):
                    self.ended.set()
                elif output.position == 1:
                    self.first_at = time.perf_counter()
                    self.first.set()


if __name__ == "__main__":
    end_with_my_parent()
    serve(Alone(Path(sys.argv[1])).answer)
