"""Handover: what another account's owner applies, where we may change nothing in that account."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import cdktf
from constructs import Construct

from modules.terraform_template import json_literal


@dataclass(frozen=True, kw_only=True)
class Request:
    """Something that the owner is asked to set up: its files by name, and words that explain how."""

    files: Mapping[str, object]
    words: str


class Handover(Construct):
    """The exact policies as files, with instructions, below `handover/<environment>` of the app's output.

    Args:
        part: the directory below that, and what the outputs are named after; "" for the source account's.
        owner: the account that is asked.
        target: the account that asks.
        purpose: the end of the sentence "Account <target> asks …".
        requests: what is asked for, each a step of the instructions.
        afterwards: the end of the sentence "Then …", after the last step.

    Exposes `outputs`: the same documents by output name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: str,
        part: str = "",
        owner: str,
        target: str,
        purpose: str,
        requests: Sequence[Request],
        afterwards: str,
    ) -> None:
        super().__init__(scope, id_)
        files = {name: file for request in requests for name, file in request.files.items()}
        prefix = f"handover_{part}_" if part else "handover_"
        self.outputs = {f"{prefix}{name.replace('-', '_')}": json_literal(file) for name, file in files.items()}
        directory = Path(cdktf.App.of(self).outdir) / "handover" / environment / part
        readme = f"""# What {environment} needs of account {owner}

Account {target} asks {purpose} The roles of account {target} that are named here exist as soon as it has deployed: S3
and KMS refuse a policy that names a role which doesn't exist yet.

{_numbered([request.words for request in requests])}
Then {afterwards}
"""
        _write(directory, files, readme)


def bucket_policy_request(bucket: str, policy: object) -> Request:
    """The policy of a bucket that others may have added statements to, and how to apply it."""
    return Request(
        files={"bucket-policy": policy},
        words=f"""If the bucket has no policy, apply `bucket-policy.json` as it is:

```sh
aws s3api put-bucket-policy --bucket {bucket} --policy file://bucket-policy.json
```

If it has one (`aws s3api get-bucket-policy --bucket {bucket}`), add the statements to it: `put-bucket-policy`
replaces the whole policy. To withdraw the access, remove the statements again, by their Sids.""",
    )


def _write(directory: Path, files: Mapping[str, object], readme: str) -> None:
    """Write the documents and the instructions; documents of an earlier synthesis are deleted."""
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.glob("*.json"):
        stale.unlink()
    for name, file in files.items():
        (directory / f"{name}.json").write_text(json.dumps(file, indent=2) + "\n", encoding="utf-8")
    (directory / "README.md").write_text(readme, encoding="utf-8")


def _numbered(steps: Sequence[str]) -> str:
    """The steps as a numbered list, in Markdown."""
    return "\n".join(f"{number}. {indent(step, '   ').strip()}\n" for number, step in enumerate(steps, start=1))
