"""Which device serves, and whether it is available."""

from __future__ import annotations

import torch

from workers.engine.errors import CheckpointUnsupported, DeviceMissing


def find_device(name: str) -> torch.device:
    """The device called ``name``. Raises `DeviceMissing` while it is not there."""
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise CheckpointUnsupported(f"There is no device {name!r}.", device=name) from error
    if device.type not in ("cpu", "cuda"):
        raise CheckpointUnsupported(f"Device {name!r} is neither cpu nor cuda.", device=name)
    if device.type == "cuda":
        _check_cuda(name, device.index or 0)
    return device


def _check_cuda(name: str, index: int) -> None:
    """Says why torch has no such device: its build, the driver, or too high a number."""
    count = torch.cuda.device_count()
    if index < count:
        return
    if torch.version.cuda is None:
        why = f"this PyTorch ({torch.__version__}) is built without CUDA"
        advice = "install its build for CUDA"
    elif count == 0:
        why = "torch finds none"
        advice = "check nvidia-smi and CUDA_VISIBLE_DEVICES"
    else:
        why = f"torch finds {count}, numbered from cuda:0"
        advice = "choose another number"
    raise DeviceMissing(
        f"It waits for the CUDA device {name!r}: {why}. Mend that ({advice}), or serve the "
        "model on another device.",
        device=name,
        found=count,
    )


def gpu_free_bytes(device: torch.device) -> int:
    free, _ = torch.cuda.mem_get_info(device)
    return int(free)
