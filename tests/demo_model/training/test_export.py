"""The trainer's network is GPT-J: transformers reads its export and gets equal logits."""

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tools.demo_model.training.export import export
from tools.demo_model.training.tokenizer import END_OF_TEXT, train_tokenizer
from workers.training.network import GPTJ, Shape

SHAPE = Shape(vocab_size=400, n_embd=32, n_layer=2, n_head=2, rotary_dim=8, n_positions=1024)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def network_and_folder(tmp_path: Path) -> tuple[GPTJ, Path]:
    torch.manual_seed(3)
    network = GPTJ(SHAPE)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    state = {
        name: tensor.to(torch.bfloat16).float() for name, tensor in network.state_dict().items()
    }
    network.load_state_dict(state)
    tokenizer = train_tokenizer(["Where is the station? 48213"] * 20, vocab_size=400)
    export(tmp_path / "demo", state=state, shape=SHAPE, tokenizer=tokenizer)
    return network, tmp_path / "demo"


@torch.inference_mode()
def test_transformers_gives_the_same_logits(network_and_folder: tuple[GPTJ, Path]) -> None:
    network, folder = network_and_folder
    ids = torch.randint(0, SHAPE.vocab_size, (2, 100), generator=torch.Generator().manual_seed(1))

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    torch.testing.assert_close(network(ids), model(ids).logits, atol=2e-4, rtol=1e-4)


def test_the_folder_is_complete(network_and_folder: tuple[GPTJ, Path]) -> None:
    _, folder = network_and_folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())

    assert tokenizer.decode(tokenizer("Où est la gare ?")["input_ids"]) == "Où est la gare ?"
    assert tokenizer.convert_tokens_to_ids(END_OF_TEXT) == config["eos_token_id"] == 0
    assert config["architectures"] == ["GPTJForCausalLM"]
    assert config["tie_word_embeddings"] is False


def test_an_export_keeps_other_files_in_the_folder(tmp_path: Path) -> None:
    card = tmp_path / "demo" / "README.md"
    card.parent.mkdir()
    card.write_text("The card")
    tokenizer = train_tokenizer(["some text"], vocab_size=400)

    export(card.parent, state=GPTJ(SHAPE).state_dict(), shape=SHAPE, tokenizer=tokenizer)

    assert card.read_text() == "The card"
    assert (card.parent / "model.safetensors").exists()
