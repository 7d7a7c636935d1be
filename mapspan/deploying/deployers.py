"""Deployers: who may assume the deploy and plan roles, checked before any template is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mapspan.checkout import CommandError
from mapspan.outside_text import visible

_PRINCIPAL = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::\d{12}:(?P<kind>(role|user)/[A-Za-z0-9_+=,.@/-]+|root)")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
_IDS = re.compile(r"[0-9]+/[0-9]+")


@dataclass(frozen=True, kw_only=True)
class Deployers:
    """Who may assume the roles.

    Args:
        principals: ARNs of existing roles or users that may assume the target account's roles.
        source_principals: ARNs that may also assume the source account's roles directly. The target account's roles
            may in any case: Terraform goes on from one account to the other.
        allow_account: accept the root of an account, which stands for every principal that the account's IAM allows.
        github: the "owner/repository" whose workflows may assume the target account's roles. A job in the GitHub
            environment of the same name as ours may deploy; pull requests and jobs of the branch may only plan.
        github_ids: its "owner id/repository id", which GitHub writes into the tokens of newer repositories.
        branch: the branch whose jobs may plan.
    """

    principals: Sequence[str] = ()
    source_principals: Sequence[str] = ()
    allow_account: bool = False
    github: str | None = None
    github_ids: str | None = None
    branch: str = "main"

    def check(self, partition: str) -> None:
        """Refuse what would let in more than the named principals, or nobody.

        Raises:
            CommandError: the message names the option.
        """
        if problem := next(self._problems(partition), None):
            raise CommandError(problem)

    def subjects(self, claims: Sequence[str]) -> list[str]:
        """The `sub` of GitHub's tokens for each claim, such as `pull_request`, in both of GitHub's forms.

        A repository that was created, renamed or transferred since 2026-07-15 has the form with the ids.
        """
        if self.github is None:
            return []
        repositories = [self.github]
        if self.github_ids is not None:
            (owner, name), (owner_id, id_) = self.github.split("/"), self.github_ids.split("/")
            repositories.append(f"{owner}@{owner_id}/{name}@{id_}")
        return [f"repo:{repository}:{claim}" for repository in repositories for claim in claims]

    def whole_accounts(self, principals: Sequence[str]) -> str:
        """A sentence for the template about the accounts that are trusted as a whole; "" if none is."""
        accounts = [arn.split(":")[4] for arn in principals if arn.endswith(":root")]
        if not accounts:
            return ""
        return (
            f" Every principal of account {' and '.join(accounts)} that may call sts:AssumeRole may assume the roles."
        )

    def _problems(self, partition: str) -> Iterator[str]:
        if not self.principals and self.github is None:
            yield "nobody could assume the roles: name a role or user with --trust, or a repository with --github"
        for option, principals in (("--trust", self.principals), ("--trust-source", self.source_principals)):
            for arn in principals:
                yield from self._principal_problems(option, arn, partition)
        if self.github is not None and not _REPOSITORY.fullmatch(self.github):
            yield f"--github {visible(self.github)}: not a repository: write OWNER/REPOSITORY"
        if self.github_ids is not None:
            if self.github is None:
                yield "--github-ids without --github: name the repository too"
            elif not _IDS.fullmatch(self.github_ids):
                yield (
                    f"--github-ids {visible(self.github_ids)}: not two numbers: write OWNER_ID/REPOSITORY_ID, which"
                    f" `gh api repos/{visible(self.github)} --jq '\"\\(.owner.id)/\\(.id)\"'` prints"
                )

    def _principal_problems(self, option: str, arn: str, partition: str) -> Iterator[str]:
        match = _PRINCIPAL.fullmatch(arn)
        if match is None:
            yield (
                f"{option} {visible(arn)}: not the ARN of one role or user: write"
                f" arn:{partition}:iam::<account id>:role/<name>"
            )
        elif match["partition"] != partition:
            yield f"{option} {arn}: an ARN of another partition than the environment's: begin it with arn:{partition}:"
        elif match["kind"] == "root" and not self.allow_account:
            yield (
                f"{option} {arn}: this is every principal of the account whose own policies allow sts:AssumeRole: name"
                " one role or user, or add --allow-account if that is what you want"
            )
