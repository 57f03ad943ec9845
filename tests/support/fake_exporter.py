"""Takes the place of the exporter where a test needs faults at known places: a real process that
keeps the contract of an export's folder. FAKE_EXPORTER, JSON, says how it behaves."""

import json
import os
import signal
import sys
import time
from pathlib import Path

DEFAULTS = {
    # The status with which it ends; a negative one is a signal that it sends itself.
    "status": 0,
    # What it says last.
    "said": "",
    "largest": 2.9e-5,
    # Whether it waits until the file `go` is in its folder.
    "wait": False,
    # Whether its checkpoint is whole before it ends as it does.
    "whole": False,
}


def main() -> None:
    folder, dtype = Path(sys.argv[1]), sys.argv[3]
    how = {**DEFAULTS, **json.loads(os.environ.get("FAKE_EXPORTER", "{}"))}
    with (folder / "lives").open("a") as file:
        file.write(f"{os.getpid()}\n")
    while how["wait"] and not (folder / "go").exists():
        time.sleep(0.01)
    result = folder / "result"
    figures = {"positions": 4102, "largest": how["largest"], "argmax_equal": 1.0, "divergence": 0.0}
    bar = {"largest": 1e-4, "argmax_equal": 0.0, "divergence": None}
    facts = json.dumps({"dtype": dtype, **figures, "bar": bar})
    target = result / f"merged-{dtype}"
    if (how["status"] == 0 or how["whole"]) and not target.exists():
        beside = result / f"merged-{dtype}.new"
        beside.mkdir()
        (beside / "config.json").write_text("{}")
        (beside / "model.safetensors").write_bytes(b"weights")
        (beside / "parity.json").write_text(facts)
        beside.replace(target)
    elif how["status"] == 65:
        (result / f"parity-{dtype}.json").write_text(facts)
    if how["said"]:
        print(how["said"], file=sys.stderr, flush=True)
    if how["status"] < 0:
        os.kill(os.getpid(), -how["status"])
        signal.pause()
    sys.exit(how["status"])


if __name__ == "__main__":
    main()
