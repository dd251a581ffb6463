"""Files of a smaller model: what transformers, vLLM, TensorRT-LLM, MLX and llama.cpp load."""
