"""Which of two architectures trains better: the chance of it before they are trained, and the gain after."""
