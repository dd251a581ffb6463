"""The language of rules: features that a space declares, conditions on them, and what they hold of."""
