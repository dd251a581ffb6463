"""Where work runs: a pure function mapped over inputs, here, in processes or on Ray, with equal results."""

from lpzero.engines.engine import NO_LIMITS, Engine, Limits, Shared
from lpzero.engines.fault import Fault, FaultStatus
from lpzero.engines.registry import ENGINES, open_engine
from lpzero.engines.serial import Serial
from lpzero.engines.threads import single_threaded
from lpzero.engines.workers import Workers, usable_cores

__all__ = [
    "ENGINES",
    "NO_LIMITS",
    "Engine",
    "Fault",
    "FaultStatus",
    "Limits",
    "Serial",
    "Shared",
    "Workers",
    "open_engine",
    "single_threaded",
    "usable_cores",
]
