"""How much memory a worker's device has, and how much of it is free: without torch."""

import subprocess
from dataclasses import dataclass

from workers.training.host_memory import free_host_bytes, total_host_bytes

MIB = 1 << 20
_ASK = ("nvidia-smi", "--query-gpu=memory.total,memory.free", "--format=csv,noheader,nounits")
# The driver takes seconds after a start, and does not answer at all when it is broken.
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """Bytes; None where they cannot be known."""

    total: int | None = None
    free: int | None = None


def measure_memory(device: str) -> DeviceMemory:
    """The memory of ``device``. Of several, a job has as much as the smallest one."""
    if not device.startswith("cuda"):
        return DeviceMemory(total_host_bytes(), free_host_bytes())
    try:
        ran = subprocess.run(
            _ASK,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        )
        cards = read_cards(ran.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return DeviceMemory()
    _, _, number = device.partition(":")
    if number.isdecimal():
        cards = cards[int(number) :][:1]
    return min(cards, key=lambda card: card.free or 0, default=DeviceMemory())


def read_cards(text: str) -> list[DeviceMemory]:
    """The lines of nvidia-smi, a card each. Raises `ValueError` for what is none."""
    cards = []
    for line in text.split("\n"):
        if line.strip():
            total, free = line.split(",")
            cards.append(DeviceMemory(int(total) * MIB, int(free) * MIB))
    return cards
