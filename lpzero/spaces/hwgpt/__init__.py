"""GPT decoders of HW-GPT-Bench: sub-networks of three supernets."""
