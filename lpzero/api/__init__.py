"""The Python front door: one function a job, which every command of the command line calls."""

import logging

# silent unless somebody listens: what a job has to say beside its result is logged
logging.getLogger("lpzero").addHandler(logging.NullHandler())
