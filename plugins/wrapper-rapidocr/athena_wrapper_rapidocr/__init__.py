"""Optical character recognition with RapidOCR; the models travel inside its wheel."""
