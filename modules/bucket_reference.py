"""Bucket: one that is there, as what reads or writes it has to know it."""

from __future__ import annotations

from dataclasses import dataclass

from modules.location import Location


@dataclass(frozen=True, kw_only=True)
class BucketReference:
    """A bucket's name, where and whose it is, and what of it is meant.

    Args:
        prefixes: what lies below them is meant; none is the whole bucket.
        key_arn: the customer's key that its objects are encrypted with, None where there is none.
    """

    name: str
    location: Location
    prefixes: tuple[str, ...] = ()
    key_arn: str | None = None

    @property
    def arn(self) -> str:
        return self.location.bucket_arn(self.name)

    @property
    def keys(self) -> dict[str, str]:
        """Its key by its name, if it has one."""
        return {self.name: self.key_arn} if self.key_arn else {}
