"""Enumeration: every formula of a branch grammar, ranked in a compiled loop, and the classes of equal rankings."""
