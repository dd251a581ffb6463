"""Modelling files that go into a model's folder: they know transformers alone, and nothing of this package.

They are written for LLaMA; for another family its classes take the place of ``LlamaConfig`` and ``LlamaForCausalLM``.
"""
