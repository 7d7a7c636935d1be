"""Buckets that are named by a plain name, and so have the ARN `arn:aws:s3:::NAME`.

The other names that S3 takes in place of one need further permissions: an access point those of its bucket too, a
directory bucket those of `s3express`.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html#general-purpose-bucket-names
"""

import re

_OTHER_NAMES = re.compile(r"arn:|.*(-s3alias|--ol-s3|--op-s3|--x-s3|--xa-s3|--table-s3|\.mrap)$|.*[*?]", re.DOTALL)

NOT_PLAIN = "is an access point, a directory bucket or a pattern"


def is_plain_bucket(bucket: str) -> bool:
    """Whether a name is that of a general purpose bucket."""
    return not _OTHER_NAMES.match(bucket)
