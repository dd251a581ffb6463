"""How a table is made: corpus, recipe, draw, trainings; its card, and the verification of what the card says."""
