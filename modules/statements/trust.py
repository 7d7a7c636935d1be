"""Trust policies: who may assume a role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modules.statements import policy_document


@dataclass(frozen=True, kw_only=True)
class GitHub:
    """GitHub workflows: the OIDC provider for GitHub in the account, and the exact subjects that it may vouch for.

    https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
    """

    provider_arn: str
    subjects: Sequence[str]


def trust(service: str, *, condition: Mapping[str, object] | None = None) -> dict[str, object]:
    """A trust policy: only `service` may assume the role, under `condition`."""
    statement: dict[str, object] = {
        "Sid": "Trust",
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return policy_document([statement | ({"Condition": condition} if condition else {})])


def trust_state_machine(*, account_id: str, state_machine_arn: str) -> dict[str, object]:
    """Only Step Functions may assume the role, for one state machine.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
    """
    return trust(
        "states",
        condition={
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": state_machine_arn},
        },
    )


def trust_schedules(*, account_id: str, group_arn: str) -> dict[str, object]:
    """Only EventBridge Scheduler may assume the role, for the schedules of one group: it names the group as the source.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    return trust(
        "scheduler",
        condition={
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": group_arn},
        },
    )


def trust_deployers(
    *, principals: Sequence[str], chained: Sequence[str], account_arn: str, github: GitHub | None = None
) -> dict[str, object]:
    """Who may deploy, or plan: people and machines by their ARNs, and roles that go on from one account to the other.

    Args:
        principals: ARNs that exist; IAM refuses others.
        chained: roles in the account `account_arn` that may not exist yet, so a condition names them.
        github: the workflows that may assume the role through OIDC.
    """
    statements: list[dict[str, object]] = []
    if principals:
        statements.append(_assume("Deployers", {"AWS": list(principals)}))
    if chained:
        by_name = {"ArnEquals": {"aws:PrincipalArn": list(chained)}}
        statements.append(_assume("DeployRoles", {"AWS": account_arn}) | {"Condition": by_name})
    if github is not None:
        statements.append(
            {
                "Sid": "GitHub",
                "Effect": "Allow",
                "Principal": {"Federated": github.provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                        "token.actions.githubusercontent.com:sub": list(github.subjects),
                    }
                },
            }
        )
    return policy_document(statements)


def _assume(sid: str, principal: Mapping[str, object]) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
