"""What a search is set to where nobody says otherwise: stated once, for options and settings."""

from typing import Final

ALGORITHM: Final = "guided"
AGAINST: Final = "params"
SAMPLES: Final = 200
KEEP: Final = 8
