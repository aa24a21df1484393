"""Turn a finished run's model into the shipped base: `python -m dsol_seed.shrink RUN FOLDER`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

PAPERS = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json")
LARGEST = 10_000_000  # bytes of weights


def shrink(run: Path, folder: Path) -> None:
    """Write the run's model to `folder` in 16 bits, with its tokenizer and nothing of its training.

    Raises SystemExit where the weights are larger than what is shipped.
    """
    import numpy as np
    from safetensors.numpy import load_file, save_file

    model = run / "model"
    weights = {name: weight.astype(np.float16) for name, weight in load_file(model / "model.safetensors").items()}
    size = sum(weight.nbytes for weight in weights.values())
    if size > LARGEST:
        raise SystemExit(
            f"{model} has {size / 1e6:.1f} MB of weights in 16 bits, at most {LARGEST / 1e6:.0f} are shipped"
        )
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "dtype": "float16"}, indent=1) + "\n", encoding="utf-8")
    for name in PAPERS:
        shutil.copyfile(model / name, folder / name)


if __name__ == "__main__":
    shrink(Path(sys.argv[1]), Path(sys.argv[2]))
