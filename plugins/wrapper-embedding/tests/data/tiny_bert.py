"""Writes ``tiny-bert``: a BERT with random weights, as sentence-transformers would, and its vectors by torch.

Run once, in an environment that is thrown away; the tests only read what it wrote::

    python -m venv /tmp/oracle && /tmp/oracle/bin/pip install torch transformers
    /tmp/oracle/bin/python tiny_bert.py
"""

import importlib
import json
import string
from pathlib import Path

HERE = Path(__file__).parent / "tiny-bert"
TEXTS = ["a", "the cab", "bad cafe faced a decade", "dead beef " * 20, "ü, z!"]


def main() -> None:
    """Weights larger than a fresh model's, so that no two tokens get like vectors."""
    torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *string.ascii_lowercase]
    words += [f"##{letter}" for letter in string.ascii_lowercase]
    tokenizer = transformers.BertTokenizerFast(vocab={word: number for number, word in enumerate(words)})
    tokenizer.backend_tokenizer.save(str(HERE / "tokenizer.json"))
    torch.manual_seed(11)
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 48}
    config = transformers.BertConfig(vocab_size=len(words), max_position_embeddings=32, initializer_range=0.3, **sizes)
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.05)  # biases and norms too, which begin as 0 and 1
    model.save_pretrained(HERE)
    encoded = tokenizer(TEXTS, padding=True, truncation=True, max_length=32, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**encoded).last_hidden_state
    mask = encoded["attention_mask"].unsqueeze(-1).float()
    rows = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), p=2, dim=1)
    lines = []
    for number, text in enumerate(TEXTS):
        ids = encoded["input_ids"][number][encoded["attention_mask"][number] == 1].tolist()
        vector = [round(each, 6) for each in rows[number].tolist()]
        lines.append(json.dumps({"text": text, "ids": ids, "vector": vector}, ensure_ascii=False))
    (HERE / "oracle.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
