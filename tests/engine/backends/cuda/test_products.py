"""Products over few and many rows, compared with fp64."""

import pytest
import torch
from torch import Tensor

from workers.engine.backends.cuda.linear import CudaLinear, Int8CudaLinear, round_to_int8
from workers.engine.backends.cuda.shapes import Capability, product_tile

TURING: Capability = (7, 5)
HOPPER: Capability = (9, 0)
# No size is a multiple of a tile.
OUTPUTS, INPUTS = 150, 330


def expected_product(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    gelu_from: int,
    residual: torch.Tensor,
) -> Tensor:
    y = x.double() @ weight.double().T + bias.double()
    y[:, gelu_from:] = torch.nn.functional.gelu(y[:, gelu_from:], approximate="tanh")
    return y + residual.double()


def strided_rows(rows: int, columns: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Rows that are not contiguous in memory."""
    return torch.randn(rows, columns + 40).to(dtype).to(device)[:, 8 : columns + 8]


@pytest.mark.parametrize("rows", [1, 4, 9, 16, 17])
@pytest.mark.parametrize("capability", [TURING, HOPPER], ids=["turing", "hopper"])
def test_plain_products_equal_plain_arithmetic(
    rows: int, capability: Capability, device: torch.device
) -> None:
    torch.manual_seed(rows)
    weight = strided_rows(OUTPUTS, INPUTS, torch.float16, device).contiguous()
    bias = torch.randn(OUTPUTS).half().to(device)
    x = strided_rows(rows, INPUTS, torch.float16, device)
    residual = strided_rows(rows, OUTPUTS, torch.float16, device)
    linear = CudaLinear(weight, bias, capability)

    y = linear(x, gelu_from=70, residual=residual)

    wanted = expected_product(x, weight, bias, 70, residual)
    torch.testing.assert_close(y.double(), wanted, atol=0.04, rtol=2e-3)
    plain = linear(x)
    wanted = x.double() @ weight.double().T + bias.double()
    torch.testing.assert_close(plain.double(), wanted, atol=0.04, rtol=2e-3)


@pytest.mark.parametrize("rows", [1, 5, 33, 64, 65])
@pytest.mark.parametrize("capability", [TURING, HOPPER], ids=["turing", "hopper"])
def test_int8_products_equal_those_of_the_rounded_weights(
    rows: int, capability: Capability, device: torch.device
) -> None:
    torch.manual_seed(rows)
    weight, scales = round_to_int8(torch.randn(OUTPUTS, INPUTS).to(device))
    bias = torch.randn(OUTPUTS).to(device)
    x = strided_rows(rows, INPUTS, torch.float32, device)
    residual = strided_rows(rows, OUTPUTS, torch.float32, device)
    linear = Int8CudaLinear(weight, scales, bias, capability)

    y = linear(x, gelu_from=70, residual=residual)

    wide = weight.double() * scales.double().unsqueeze(1)
    wanted = expected_product(x, wide, bias, 70, residual)
    torch.testing.assert_close(y.double(), wanted, atol=2e-4, rtol=1e-5)
    torch.testing.assert_close(
        linear(x).double(), x.double() @ wide.T + bias.double(), atol=2e-4, rtol=1e-5
    )


def test_weights_are_rounded_to_the_nearest_of_127_steps_either_way() -> None:
    weight = torch.randn(5000, 64)
    weight[17] = 0.0

    before = weight.clone()

    rounded, scales = round_to_int8(weight)

    assert torch.equal(weight, before), "the weight itself was changed"
    error = (rounded.double() * scales.double().unsqueeze(1) - weight.double()).abs()
    assert rounded.dtype == torch.int8
    assert (error <= scales.double().unsqueeze(1) * 0.5001).all()
    assert rounded.abs().amax(dim=1).tolist() == [127] * 17 + [0] + [127] * 4982


def test_a_row_does_not_depend_on_its_neighbours(device: torch.device) -> None:
    weight, scales = round_to_int8(torch.randn(OUTPUTS, INPUTS).to(device))
    linear = Int8CudaLinear(weight, scales, torch.zeros(OUTPUTS, device=device), HOPPER)
    x = torch.randn(12, INPUTS).to(device)
    other = x.clone()
    other[1:] = 1e4

    assert torch.equal(linear(x)[0], linear(other)[0])


def test_many_rows_are_left_to_torch() -> None:
    assert product_tile(17, 4096, HOPPER, int8=False) is None
    assert product_tile(65, 4096, HOPPER, int8=True) is None
    assert product_tile(1, 4096, TURING, int8=False) is None
    assert product_tile(17, 4096, TURING, int8=True) is None
