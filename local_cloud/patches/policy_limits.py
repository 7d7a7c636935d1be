"""The length and the characters of a policy that IAM and S3 refuse. MiniStack accepts any.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-untyped] # it has no types
from ministack.services import iam, s3  # type: ignore[import-untyped] # likewise
from ministack.services.cloudformation import provisioners  # type: ignore[import-untyped] # likewise

from local_cloud.patches.handler import Response

Operation = Callable[[dict[str, Any]], Response]

# The characters of all inline policies of a role, and of a managed policy. IAM doesn't count white space.
ROLE_POLICIES_LENGTH = 10_240
MANAGED_POLICY_LENGTH = 6_144
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
BUCKET_POLICY_BYTES = 20 * 1024
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html#API_PutRolePolicy_RequestParameters
IAM_TEXT = r"[\u0009\u000A\u000D\u0020-\u00FF]+"
# The calls that take a policy, and the parameter that contains it.
POLICY_PARAMETERS = {
    "CreateRole": "AssumeRolePolicyDocument",
    "UpdateAssumeRolePolicy": "PolicyDocument",
    "PutRolePolicy": "PolicyDocument",
    "CreatePolicy": "PolicyDocument",
    "CreatePolicyVersion": "PolicyDocument",
}
# The first is as AWS answers for a description with such a character; the others are the ones that users of AWS report.
_CHARACTERS_REFUSED = (
    "1 validation error detected: Value at '{}' failed to satisfy constraint:"
    f" Member must satisfy regular expression pattern: {IAM_TEXT}"
)
_ROLE_REFUSED = f"Maximum policy size of {ROLE_POLICIES_LENGTH} bytes exceeded for role {{}}"
_MANAGED_REFUSED = f"Cannot exceed quota for PolicySize: {MANAGED_POLICY_LENGTH}"


def refuse_characters_above_latin_1() -> None:
    """IAM takes only the characters of `IAM_TEXT` in a policy, a role's trust policy included."""
    for action, parameter in POLICY_PARAMETERS.items():
        iam._IAM_HANDLERS[action] = _with_iam_text(iam._IAM_HANDLERS[action], parameter)


def _with_iam_text(operation: Operation, parameter: str) -> Operation:
    def operate(params: dict[str, Any]) -> Response:
        text = iam._p(params, parameter)
        if not text or re.fullmatch(IAM_TEXT, text):
            return operation(params)
        name = parameter[0].lower() + parameter[1:]
        return _refusal(400, "ValidationError", _CHARACTERS_REFUSED.format(name))

    return operate


def refuse_long_role_policies() -> None:
    """All inline policies of a role together have a longest length."""
    put: Operation = iam._IAM_HANDLERS["PutRolePolicy"]

    def put_within_limit(params: dict[str, Any]) -> Response:
        name, text = iam._p(params, "RoleName"), iam._p(params, "PolicyDocument")
        role = iam._roles.get(name)
        if role is None or iam_evaluator.validate_policy_document(text):
            return put(params)  # refused for another reason
        policies = {**role["InlinePolicies"], iam._p(params, "PolicyName"): text}
        if sum(map(_length, policies.values())) <= ROLE_POLICIES_LENGTH:
            return put(params)
        return _refusal(409, "LimitExceeded", _ROLE_REFUSED.format(name))

    iam._IAM_HANDLERS["PutRolePolicy"] = put_within_limit


def refuse_long_managed_policies() -> None:
    """A permissions boundary is a managed policy too."""
    for action in ("CreatePolicy", "CreatePolicyVersion"):
        iam._IAM_HANDLERS[action] = _with_managed_length(iam._IAM_HANDLERS[action])


def _with_managed_length(operation: Operation) -> Operation:
    def operate(params: dict[str, Any]) -> Response:
        text = iam._p(params, "PolicyDocument")
        if iam_evaluator.validate_policy_document(text) or _length(text) <= MANAGED_POLICY_LENGTH:
            return operation(params)
        return _refusal(409, "LimitExceeded", _MANAGED_REFUSED)

    return operate


def refuse_such_policies_in_stacks() -> None:
    """CloudFormation calls IAM, and a refusal fails the resource. MiniStack's CloudFormation goes around its IAM."""
    for resource_type in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
        handler = provisioners._RESOURCE_HANDLERS[resource_type]
        handler["create"] = _checked(handler["create"], properties=1)
        handler["update"] = _checked(handler["update"], properties=2)


def _checked(provision: Callable[..., Any], *, properties: int) -> Callable[..., Any]:
    """`properties`: the index of the resource's properties among the arguments."""

    def provision_checked(*args: Any, **kwargs: Any) -> Any:
        wanted = args[properties]
        inline = [_text(policy.get("PolicyDocument", {})) for policy in wanted.get("Policies", [])]
        managed = _text(wanted.get("PolicyDocument", {}))
        trust = _text(wanted.get("AssumeRolePolicyDocument", {}))
        if not all(re.fullmatch(IAM_TEXT, text) for text in (*inline, managed, trust)):
            raise ValueError(_CHARACTERS_REFUSED.format("policyDocument"))
        if sum(map(_length, inline)) > ROLE_POLICIES_LENGTH:
            raise ValueError(_ROLE_REFUSED.format(wanted.get("RoleName", "")))
        if _length(managed) > MANAGED_POLICY_LENGTH:
            raise ValueError(_MANAGED_REFUSED)
        return provision(*args, **kwargs)

    return provision_checked


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def refuse_long_bucket_policies() -> None:
    """S3's code for it is not documented, and nobody has recorded it: MalformedPolicy is an assumption.

    MinIO calls it PolicyTooLarge, with the same message.
    """
    put = s3._put_bucket_policy

    def put_within_limit(name: str, body: bytes) -> Response:
        if name in s3._buckets and len(body) > BUCKET_POLICY_BYTES:
            message = "Policy exceeds the maximum allowed document size."
            refusal: Response = s3._error("MalformedPolicy", message, 400, f"/{name}")
            return refusal
        response: Response = put(name, body)
        return response

    s3._put_bucket_policy = put_within_limit


def _length(text: str) -> int:
    return len(re.sub(r"\s", "", text))


def _refusal(status: int, code: str, message: str) -> Response:
    refusal: Response = iam._error(status, code, message, ns="iam")
    return refusal
