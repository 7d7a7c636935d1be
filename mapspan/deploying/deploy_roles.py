"""The ARNs of an account's deploy and plan roles and of its permissions boundary, as the settings name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from environments.environment import Environment
from environments.settings import AccountSettings
from mapspan.checkout import CommandError
from modules.location import Location


@dataclass(frozen=True, kw_only=True)
class DeployRoles:
    """The ARNs of one account's two roles, and of the permissions boundary of every other role there."""

    deploy: str
    plan: str
    boundary: str

    @property
    def both(self) -> list[str]:
        return [self.deploy, self.plan]


def roles_of(environment: Environment, account: AccountSettings) -> DeployRoles:
    """The role that the account's settings name, and the plan role beside it: `…-deploy` and `…-plan`.

    Raises:
        CommandError: the settings name no role.
    """
    side: Literal["target", "source"] = "source" if account is environment.source else "target"
    boundary = environment.boundary_arn(side)
    if account.deploy_role_arn is None or boundary is None:
        suggested = Location(account_id=account.account_id, region=environment.region)
        raise CommandError(
            f"environments/{environment.name}.toml names no deploy role: add to [{side}]"
            f' deploy_role_arn = "{suggested.role_arn(f"{environment.prefix}-deploy")}"'
        )
    return DeployRoles(
        deploy=account.deploy_role_arn,
        plan=account.deploy_role_arn.removesuffix("-deploy") + "-plan",
        boundary=boundary,
    )
