"""Products at GPT-J-6B's sizes, in the dtypes that serve it, compared with fp64 on the CPU."""

import pytest
import torch
from torch import Tensor

pytestmark = pytest.mark.gpu

WIDTH = 4096
ROWS = (1, 3, 4, 5, 16, 17, 32, 48, 64, 65, 300)


def relative_error(found: Tensor, wanted: Tensor) -> float:
    return float((found.double() - wanted).norm() / wanted.norm())


def reference(x: Tensor, weight: Tensor, bias: Tensor, residual: Tensor) -> Tensor:
    return x.double() @ weight.double().T + bias.double() + residual.double()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=["fp16", "bf16"])
@pytest.mark.parametrize("sizes", [(28672, 4096), (4096, 20480), (50400, 4096)], ids=str)
def test_products_of_every_number_of_rows_are_right(
    sizes: tuple[int, int], dtype: torch.dtype
) -> None:
    if dtype == torch.bfloat16 and torch.cuda.get_device_capability() < (8, 0):
        pytest.skip("This GPU computes nothing in bfloat16.")
    from workers.engine.backends.cuda.linear import CudaLinear, Int8CudaLinear

    outputs, inputs = sizes
    torch.manual_seed(outputs)
    weight = (torch.randn(outputs, inputs, device="cuda") * 0.02).to(dtype)
    bias = torch.randn(outputs, device="cuda").to(dtype)
    capability = torch.cuda.get_device_capability()
    plain = CudaLinear(weight, bias, capability)
    int8 = Int8CudaLinear.of(weight, bias, capability)
    rounded = int8.weight.double() * int8.scales.double().unsqueeze(1)
    tolerance = 2e-3 if dtype == torch.float16 else 1e-2

    for rows in ROWS:
        # The input of the second product is part of wider rows.
        x = torch.randn(rows, inputs + 2 * WIDTH, device="cuda").to(dtype)[:, 2 * WIDTH :]
        residual = torch.randn(rows, outputs, device="cuda").to(dtype)

        assert (
            relative_error(plain(x, residual=residual), reference(x, weight, bias, residual))
            < tolerance
        ), rows
        assert (
            relative_error(int8(x, residual=residual), reference(x, rounded, bias, residual))
            < tolerance
        ), rows


@pytest.mark.parametrize("rows", [1, 16, 40])
def test_gelu_changes_only_its_columns(rows: int) -> None:
    from workers.engine.backends.cuda.linear import CudaLinear, Int8CudaLinear

    weight = torch.randn(7 * 512, 512, device="cuda").half() * 0.05
    bias = torch.randn(7 * 512, device="cuda").half()
    x = torch.randn(rows, 512, device="cuda").half()

    capability = torch.cuda.get_device_capability()
    plain = CudaLinear(weight, bias, capability)
    for linear in (plain, Int8CudaLinear.of(weight, bias, capability)):
        bare, curved = linear(x), linear(x, gelu_from=3 * 512)
        assert torch.equal(bare[:, : 3 * 512], curved[:, : 3 * 512])
        wanted = torch.nn.functional.gelu(bare[:, 3 * 512 :].double(), approximate="tanh")
        torch.testing.assert_close(curved[:, 3 * 512 :].double(), wanted, atol=4e-3, rtol=4e-3)
