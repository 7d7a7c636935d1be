"""What a job imports: `SourceObject`, the object that `process` gets, and `Skip`. Packaged as `lambdas.job`."""

from .output import Output
from .skip import Skip
from .source_object import SourceObject

__all__ = ["Output", "Skip", "SourceObject"]
