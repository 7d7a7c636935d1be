"""The rule that an environment stays in one partition: no role, key or bucket of another one can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from environments.group import Settings
from environments.job_policy import read_job_policy
from modules.location import region_partition

# What these contain is for people and for the job.
_FREE_TEXT = ("tags", "job.environment")
# A job's policy may also deny resources of any partition, `*`.
_PARTITION = re.compile(r"arn:(aws[a-z-]*):")


def partition_problems(settings: Settings, *, region: str, job_policy: str | None) -> Iterator[tuple[str, str]]:
    """Yield each field of another partition than `region`, and a sentence: what to write.

    Args:
        settings: every setting of the environment; each ARN and each `region` in them is checked.
        job_policy: the job's policy file, whose resources are checked too.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    own = region_partition(region)
    texts = list(_texts(settings.model_dump(mode="json"), ""))
    if job_policy:
        texts += [("job.policy", arn) for statement in read_job_policy(job_policy) for arn in statement["Resource"]]
    for field, text in texts:
        if field.endswith(".region") and (other := region_partition(text)) != own:
            yield (
                field,
                f"{text} is in the partition {other}, and {region} in {own}, whose accounts can't reach it: write a"
                f" Region of {own}",
            )
        if (match := _PARTITION.match(text)) and match[1] != own:
            yield field, f"{text} is not in the partition of {region}: write an ARN that begins with arn:{own}:"


def _texts(value: object, field: str) -> Iterator[tuple[str, str]]:
    """Every text among the settings, with its field."""
    if field in _FREE_TEXT:
        return
    if isinstance(value, str):
        yield field, value
    inner = value if isinstance(value, Mapping) else dict(enumerate(value)) if isinstance(value, list) else {}
    for name, part in inner.items():
        yield from _texts(part, f"{field}.{name}" if field else str(name))
