"""Every test here may call the S3 stand-in."""

from tests.fixtures.credentials import credentials

__all__ = ["credentials"]
