"""Object detection with any YOLOv5- or YOLOv8-style ONNX file; one that finds shapes travels inside."""
