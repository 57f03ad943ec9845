"""The base's linear layers in 4 bits while LoRA is trained (Dettmers et al. 2023, QLoRA).

bitsandbytes holds them as NF4 with quantised scales, and computes in the dtype of the rest.
"""

import importlib
from typing import Any

import torch
from torch import nn

from workers.training.tuning.adapters import adapted_linears
from workers.training.tuning.base import Base
from workers.training.tuning.errors import LibraryMissing


def load_quantizer(device: torch.device) -> Any:
    """The package bitsandbytes; raises LibraryMissing where it cannot work on a device."""
    if device.type != "cuda":
        raise LibraryMissing(
            "quantize nf4 needs a GPU with CUDA, and this job runs on a CPU. Set quantize to none."
        )
    try:
        return importlib.import_module("bitsandbytes")
    except ImportError as error:
        raise LibraryMissing(
            "quantize nf4 needs the package bitsandbytes, which is not installed. Install it where "
            "fine-tunes are trained (pip install bitsandbytes), or set quantize to none."
        ) from error


def quantize_base(base: Base, quantizer: Any, device: torch.device) -> None:
    """Move a base to a device, the layers that LoRA is put on in 4 bits."""
    network = base.network
    compute_dtype = network.lm_head.weight.dtype
    for _, linear in list(adapted_linears(network)):
        product = quantizer.nn.Linear4bit(
            linear.in_features,
            linear.out_features,
            bias=linear.bias is not None,
            compute_dtype=compute_dtype,
            quant_type="nf4",
            device="meta",
        )
        product.weight = quantizer.nn.Params4bit(
            linear.weight.detach(), requires_grad=False, quant_type="nf4", module=product
        )
        product.bias = linear.bias
        # Moving it quantises it.
        linear.product = product.to(device)
        linear.weight = nn.Parameter(torch.empty(0, device=device), requires_grad=False)
        linear.bias = None
    network.to(device)


def forget_base(base: Base) -> None:
    """Let go of a base's weights, which are no longer needed."""
    for parameter in base.network.parameters():
        parameter.data = torch.empty(0, device=parameter.device)
