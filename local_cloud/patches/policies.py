"""IAM and resource policies, decided and reported as on AWS."""

import functools
import re
from dataclasses import replace
from typing import Any

from ministack import app  # type: ignore[import-untyped] # it has no types
from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-untyped] # likewise


def name_the_caller_to_resource_policies() -> None:
    """A cross-account S3 caller is its role, not the root of its account: a bucket policy may name the role."""
    evaluate = iam_evaluator.evaluate_resource_policy

    def evaluate_for_caller(document: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        caller = iam_evaluator.caller_arn()
        if context.principal_arn == f"arn:aws:iam::{caller.split(':')[4]}:root":
            context = replace(context, principal_arn=caller)
        return evaluate(document, context, *args, **kwargs)

    iam_evaluator.evaluate_resource_policy = evaluate_for_caller


def let_wildcards_match_newlines() -> None:
    """`*` in a policy matches every character of a key, newlines included."""
    compile_pattern = iam_evaluator._fnmatch_compile

    def compile_whole(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        compiled = compile_pattern(pattern, ignore_case)
        return re.compile(compiled.pattern.removesuffix("$") + r"\Z", compiled.flags | re.DOTALL)

    iam_evaluator._fnmatch_compile = functools.cache(compile_whole)


def treat_loopback_as_secure() -> None:
    """Loopback counts as TLS, so that `Deny` unless `aws:SecureTransport` has the same effect as on AWS."""
    pin = app.pin_request_origin
    app.pin_request_origin = lambda address, _secure: pin(address, True)


def name_the_resource_of_a_denial() -> None:
    """A denial names the resource, as on AWS. MiniStack leaves it out."""
    respond = iam_actions.access_denied_response

    def respond_with_resource(service: str, action: str, principal_arn: str, request_id: str, **details: Any) -> Any:
        explained = details.get("message") or details.get("error_code") or details.get("explicit_deny")
        if not explained:
            details["message"] = (
                f"User: {principal_arn} is not authorized to perform: {action}"
                f" on resource: {details.get('resource_arn', '*')}"
                f" because no identity-based policy allows the {action} action"
            )
        return respond(service, action, principal_arn, request_id, **details)

    iam_actions.access_denied_response = respond_with_resource
