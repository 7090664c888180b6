"""Text embedding with a small sentence-transformers model on onnxruntime."""
