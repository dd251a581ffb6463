"""Models of search spaces as transformers models: registered with its auto classes, written as folders.

Importing this package loads neither torch nor transformers; its functions do.
"""

from lpzero.pretrained.folder import write_configuration, write_model
from lpzero.pretrained.registration import register

__all__ = ["register", "write_configuration", "write_model"]
