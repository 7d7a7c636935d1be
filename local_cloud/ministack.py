"""MiniStack, patched to behave as AWS does, with our own Step Functions.

    GATEWAY_PORT=… MAPSPAN_STATES_PORT=… [MAPSPAN_DECISIONS=FILE] python -m local_cloud.ministack

The patches replace functions of MiniStack by name, so it runs only in the version they were tested with.
`local_cloud.process` starts it, with the environment that it needs.
"""

import importlib.metadata
import os
import sys
from pathlib import Path

from ministack import app  # type: ignore[import-untyped] # it has no types

from local_cloud.http_server import serve
from local_cloud.lifeline import die_with_parent
from local_cloud.patches.alarms import describe_alarms_as_they_were_put
from local_cloud.patches.condition_keys import know_the_account_of_a_bucket, know_the_boundary_of_a_role
from local_cloud.patches.copies import ask_for_tag_permissions, copy_between_accounts
from local_cloud.patches.decisions import record_decisions
from local_cloud.patches.handler import Handler
from local_cloud.patches.inventories import keep_inventories
from local_cloud.patches.lambda_workers import run_our_lambda_workers
from local_cloud.patches.listings import sort_only_the_page
from local_cloud.patches.multipart_uploads import keep_tags_of_uploads, refuse_small_parts
from local_cloud.patches.named_resources import decide_on_named_resources, pass_grant_conditions
from local_cloud.patches.parsed_once import parse_policies_once, parse_public_access_blocks_once
from local_cloud.patches.policies import (
    let_wildcards_match_newlines,
    name_the_caller_to_resource_policies,
    name_the_resource_of_a_denial,
    treat_loopback_as_secure,
)
from local_cloud.patches.policy_limits import (
    refuse_characters_above_latin_1,
    refuse_long_bucket_policies,
    refuse_long_managed_policies,
    refuse_long_role_policies,
    refuse_such_policies_in_stacks,
)
from local_cloud.patches.s3 import answer_request_payment, expect_bucket_owner
from local_cloud.patches.service_roles import let_services_assume_roles, note_calling_service
from local_cloud.patches.states import forward_to_step_functions

VERSION = "1.5.33"


def refuse_another_version() -> None:
    installed = importlib.metadata.version("ministack")
    if installed != VERSION:
        sys.exit(
            f"The local cloud needs MiniStack {VERSION}, and {installed} is installed:"
            " run `make setup` to install the pinned version."
        )


def main() -> None:
    refuse_another_version()
    die_with_parent()

    parse_policies_once()
    parse_public_access_blocks_once()
    name_the_caller_to_resource_policies()
    let_wildcards_match_newlines()
    treat_loopback_as_secure()
    let_services_assume_roles()
    know_the_boundary_of_a_role()
    know_the_account_of_a_bucket()
    run_our_lambda_workers()
    decide_on_named_resources()
    pass_grant_conditions()
    name_the_resource_of_a_denial()
    refuse_long_role_policies()
    refuse_long_managed_policies()
    refuse_long_bucket_policies()
    refuse_characters_above_latin_1()
    refuse_such_policies_in_stacks()
    describe_alarms_as_they_were_put()
    copy_between_accounts()
    ask_for_tag_permissions()
    keep_tags_of_uploads()
    refuse_small_parts()
    sort_only_the_page()
    if decisions := os.environ.get("MAPSPAN_DECISIONS"):
        record_decisions(Path(decisions))
    handlers: dict[str, Handler] = app.SERVICE_HANDLERS
    handlers["s3"] = expect_bucket_owner(answer_request_payment(keep_inventories(handlers["s3"])))
    handlers["sts"] = note_calling_service(handlers["sts"])
    handlers["states"] = forward_to_step_functions(int(os.environ["MAPSPAN_STATES_PORT"]))
    serve(int(os.environ["GATEWAY_PORT"]))


if __name__ == "__main__":
    main()
