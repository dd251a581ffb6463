"""Small trained checkpoints over bytes as folders of transformers, for `lpzero tables build --choices`.

    python benchmarks/small_checkpoints.py llama-own --out DIR
    python benchmarks/small_checkpoints.py gpt2 --text train.txt --steps 600 --out DIR

The first is the checkpoint that comes with the table llama-own, with a tokenizer of bytes beside it; the second is a
GPT-2 of six layers that is trained here.
"""

from __future__ import annotations

import argparse
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from torch import nn

BYTES, WINDOW, BATCH, RATE = 256, 128, 16, 1e-3


def byte_tokenizer() -> Any:
    """A tokenizer whose ids are bytes; 256 is its mask and its end."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    # a byte that is no printable letter of Latin-1 stands as a letter behind it (Radford et al., 2019)
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(BYTES) if byte not in shown]
    letters = {byte: chr(byte) for byte in shown} | {byte: chr(BYTES + place) for place, byte in enumerate(others)}
    tokenizer = Tokenizer(models.BPE(vocab={letters[byte]: byte for byte in range(BYTES)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    named = {"eos_token": "<end>"}
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=tokenizer, **named)


def trained_gpt2(text: bytes, steps: int, seed: int = 0) -> nn.Module:
    """A GPT-2 over bytes, trained by AdamW with a warm-up and a cosine."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=BYTES + 1, n_positions=2 * WINDOW, n_embd=128, n_layer=6, n_head=4, bos_token_id=BYTES,
        eos_token_id=BYTES,
    )  # fmt: skip
    model: Any = GPT2LMHeadModel(config)
    ids = torch.tensor(list(text))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    for step in range(steps):
        starts = torch.randint(len(ids) - WINDOW, (BATCH,))
        batch = torch.stack([ids[start : start + WINDOW] for start in starts.tolist()])
        loss = model(input_ids=batch, labels=batch).loss
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            print(f"step {step}: {loss.item():.3f} nats a byte", flush=True)
    trained: nn.Module = model.eval()
    return trained


def main() -> None:
    """Make a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=["llama-own", "gpt2"])
    parser.add_argument("--text", type=Path, help="Text to train on, for gpt2.")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    if given.which == "gpt2":
        model: Any = trained_gpt2(given.text.read_bytes(), given.steps)
        model.save_pretrained(given.out)
    else:
        given.out.mkdir(parents=True)
        source = resources.files("lpzero.tables.bundled") / "llama-own" / "checkpoint"
        for name in ("config.json", "model.safetensors"):
            shutil.copyfile(str(source / name), given.out / name)
    byte_tokenizer().save_pretrained(given.out)


if __name__ == "__main__":
    main()
