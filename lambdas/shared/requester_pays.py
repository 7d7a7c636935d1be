"""What to say where S3 denies a call only because the caller did not agree to pay for it."""

from __future__ import annotations

from typing import Final

REQUESTER_PAYS: Final = (
    "AccessDenied: the bucket is a Requester Pays bucket: write requester_pays = true in [source], and deploy"
)
