"""Recurrent language models: LSTM, GRU and plain cells."""
