"""BucketReference: an existing bucket, as its readers and writers need to know it."""

from __future__ import annotations

from dataclasses import dataclass

from modules.location import Location


@dataclass(frozen=True, kw_only=True)
class BucketReference:
    """A reference to an existing bucket: its name, location, prefixes and KMS key.

    Args:
        prefixes: the part of the bucket that is referred to; empty means the whole bucket.
        key_arn: the customer managed KMS key that encrypts its objects, None if there is none.
        requester_pays: whether each request has to agree to pay for it.
    """

    name: str
    location: Location
    prefixes: tuple[str, ...] = ()
    key_arn: str | None = None
    requester_pays: bool = False

    @property
    def arn(self) -> str:
        return self.location.bucket_arn(self.name)

    @property
    def keys(self) -> dict[str, str]:
        """Its KMS key by its name, empty if it has none."""
        return {self.name: self.key_arn} if self.key_arn else {}
