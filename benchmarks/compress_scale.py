"""What does `lpzero compress` take of a checkpoint of 7 billion parameters in bfloat16? By small ones, extrapolated.

Random LLaMAs of growing width are compressed, each in a process of its own. CPU seconds of a step go with the tokens
and parameters that it looks at, the solves of the refit with the third power of a feed-forward's width; memory is the
checkpoint, the smaller model, and states that go with the width alone.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from record import record

WIDTHS, LAYERS, VOCABULARY, CONTEXT = (256, 512, 1024), 4, 2048, 256
SEVEN = {"width": 4096, "neurons": 11008, "layers": 32, "vocabulary": 32000}
LOOKING, FITTING = 16, 64


def main() -> None:
    """Compress each, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs="*", default=WIDTHS)
    parser.add_argument("--windows", type=int, default=2, help="windows of every kind")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        print(json.dumps(_measured(given.child, given.windows)))
        return
    rows: list[list[Any]] = []
    rates: list[dict[str, float]] = []
    for width in given.widths:
        command = [sys.executable, __file__, "--child", str(width), "--windows", str(given.windows)]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found = json.loads(said.splitlines()[-1])
        print(found, flush=True)
        passed = given.windows * CONTEXT * found["parameters"]
        rates.append({step: found[step] / passed for step in ("choosing", "refitting")})
        rows.append(
            [
                width,
                f"{found['parameters']:,}",
                found["choosing"],
                found["refitting"],
                *(f"{rates[-1][step]:.2e}" for step in ("choosing", "refitting")),
                found["above"] / found["bytes"],
            ]
        )
    record(
        "compress-scale",
        "python benchmarks/compress_scale.py",
        [
            "width",
            "parameters of layers",
            "choosing, CPU s",
            "refitting, CPU s",
            "choosing, s a token and parameter",
            "refitting, likewise",
            "memory beside the mapped checkpoint, in checkpoints",
        ],
        rows,
        tokens=given.windows * CONTEXT,
        solve_gflops=_solve_rate(),
        seven_billion=_planned(rates[-1], _solve_rate()),
    )


def _planned(rate: dict[str, float], solves: float) -> dict[str, float]:
    """CPU hours of each step of 7 billion parameters at the default windows, by the rates of the widest trial."""
    width, neurons, layers = SEVEN["width"], SEVEN["neurons"], SEVEN["layers"]
    parameters = layers * (4 * width**2 + 3 * width * neurons)
    # a factorisation; two triangular solves and one product
    each = (neurons**3 + width**3) / 3 + 4 * width * (neurons**2 + width**2)
    return {
        "parameters of layers": parameters,
        "choosing, CPU hours": round(rate["choosing"] * parameters * LOOKING * CONTEXT / 3600, 1),
        "refitting, CPU hours": round(rate["refitting"] * parameters * FITTING * CONTEXT / 3600, 1),
        "its solves, CPU hours": round(layers * each / solves / 1e9 / 3600, 2),
    }


def _solve_rate() -> float:
    """Operations a second of a Cholesky factorisation in float64, in thousand millions."""
    size = 1500
    matrix = torch.eye(size, dtype=torch.float64) * size + torch.ones(size, size, dtype=torch.float64)
    begun = time.process_time()
    torch.linalg.cholesky(matrix)
    return round(size**3 / 3 / (time.process_time() - begun) / 1e9, 1)


def _measured(width: int, windows: int) -> dict[str, float]:
    """CPU seconds of steps, and most bytes that were not mapped, of one compression."""
    import lpzero
    from lpzero.compression.settings import CompressSettings
    from lpzero.progress import Progress

    seconds: dict[str, float] = {}
    now, begun, most = "reading", time.process_time(), 0

    def watch(progress: Progress) -> None:
        nonlocal now, begun, most
        most = max(most, _unmapped())
        if progress.step != now and progress.step in ("choosing", "measuring the divergence", "refitting", "proving"):
            seconds[now] = seconds.get(now, 0.0) + time.process_time() - begun
            now, begun = progress.step, time.process_time()

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        parameters = _random_llama(place / "full", width)
        size = (place / "full" / "model.safetensors").stat().st_size
        generator = torch.Generator().manual_seed(0)
        words = torch.randint(2, VOCABULARY, (40 * CONTEXT * windows,), generator=generator).tolist()
        (place / "text.txt").write_text(" ".join(f"w{word}" for word in words))
        before = _unmapped()
        lpzero.compress(
            place / "full",
            output=place / "smaller",
            calibration=place / "text.txt",
            keep=0.79,
            settings=CompressSettings(
                looking=windows, fitting=windows, windows=windows, controls=False, context=CONTEXT, device="cpu"
            ),
            watch=watch,
        )
        return {**seconds, "parameters": parameters, "bytes": size, "above": max(most, _unmapped()) - before}


def _random_llama(folder: Path, width: int) -> int:
    """Write a random LLaMA in bfloat16 with a tokenizer of words; returns the parameters of its layers."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    neurons = round(width * SEVEN["neurons"] / SEVEN["width"] / 32) * 32
    config = LlamaConfig(
        hidden_size=width,
        intermediate_size=neurons,
        num_hidden_layers=LAYERS,
        num_attention_heads=width // 64,
        num_key_value_heads=width // 64,
        vocab_size=VOCABULARY,
        max_position_embeddings=CONTEXT,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(config).to(torch.bfloat16)  # type: ignore[arg-type]
    model.save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({f"w{word}": word for word in range(VOCABULARY)}, "w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    named = {"unk_token": "w0"}
    made: Any = PreTrainedTokenizerFast
    made(tokenizer_object=tokenizer, **named).save_pretrained(folder)
    return sum(one.numel() for one in model.model.layers.parameters())


def _unmapped() -> int:
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
