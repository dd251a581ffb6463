"""What of a checkpoint stays: importance of units, menus, exact selection, measured replacements, controls."""
