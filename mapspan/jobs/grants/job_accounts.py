"""The accounts that one environment's job reaches, built from its settings, and the calls that its settings mean.

The calls are written here a second time, from the settings, so that a statement that is missing or too wide shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from environments.environment import Environment
from environments.job_policy import read_job_policy
from mapspan.review.iam.accounts import Accounts, Bucket, Role, Statement
from mapspan.review.iam.simulator import Call
from modules.bucket_reference import BucketReference
from modules.location import dns_suffix
from modules.pipeline import buckets
from modules.pipeline.job_needs import job_needs
from modules.pipeline.workflow.names import KEY_LISTS, MAP_RUNS, RESULTS
from modules.resource_names import function_name
from modules.statements import functions, policy_document
from modules.statements.buckets import deny_plain_http
from modules.statements.job import output_key_policy_statement, output_policy_statements
from modules.statements.source import key_policy_statement, source_statements
from modules.statements.trust import trust

PLAIN_HTTP = {"aws:SecureTransport": "false"}
KEY = "2026-11-26/a.json"
ADMINISTER = "Administer"
ANOTHER_BUCKET = "another-bucket"


@dataclass(frozen=True)
class JobCalls:
    """The calls that the settings of one environment's job mean, without those of its policy file.

    Args:
        needed: must be allowed.
        refused: must be denied: the nearest things that a statement could allow by mistake.
    """

    needed: list[Call]
    refused: list[Call]


def job_role(environment: Environment) -> str:
    """The ARN of the role of the function that calls the job."""
    return buckets.target_location(environment).role_arn(function_name(environment.prefix, "process_objects"))


def job_accounts(environment: Environment) -> Accounts:
    """The role of the job's function, and the buckets and keys that it reaches, with their policies."""
    role = job_role(environment)
    traces = buckets.target_location(environment).has_function_traces
    needs = {
        **job_needs(environment),
        **functions.logs_and_traces(log_group_arn=_log_group(environment), traces=traces),
    }
    objects, output = buckets.objects_bucket(environment), buckets.output_bucket(environment)
    owners = [_objects_side(environment, objects, role), _results_side(environment)]
    if output is not None:
        owners.append(_output_side(environment, output, role))
    accounts = Accounts(
        roles={
            role: Role(
                policies={need: policy_document(statements) for need, statements in needs.items()},
                trust=trust("lambda"),
            )
        },
        # A bucket of the same account: the condition on the owner's account doesn't protect it.
        buckets={ANOTHER_BUCKET: Bucket(account_id=environment.target.account_id)},
    )
    for owner in owners:
        accounts = accounts.joined(owner)
    return accounts


def job_policy(environment: Environment) -> list[Statement]:
    """The statements of the policy file; empty without one."""
    return list(read_job_policy(environment.job.policy)) if environment.job.policy else []


def job_calls(environment: Environment) -> JobCalls:
    """The calls that the settings mean."""
    needed = [
        *(Call(job_role(environment), f"logs:{action}", f"{_log_group(environment)}:log-stream:a")
          for action in ("CreateLogStream", "PutLogEvents")),
        *(Call(job_role(environment), f"xray:{action}") for action in ("PutTraceSegments", "PutTelemetryRecords")
          if buckets.target_location(environment).has_function_traces),
        Call("lambda.amazonaws.com", "sts:AssumeRole", job_role(environment)),
        *_reads(environment),
        *_results(environment),
        *_writes(environment),
        *_secrets(environment),
    ]  # fmt: skip
    return JobCalls(needed=needed, refused=list(_refused(environment)))


def by_s3(region: str, arn: str) -> dict[str, str]:
    """The context of a call that S3 makes to KMS for an object, or a bucket."""
    return {"kms:ViaService": f"s3.{region}.{dns_suffix(region)}", "kms:EncryptionContext:aws:s3:arn": arn}


def keys_below(bucket: BucketReference) -> list[str]:
    """The ARN of an object below each prefix of a bucket."""
    return [f"{bucket.arn}/{prefix}{KEY}" for prefix in bucket.prefixes or [""]]


def beside(bucket: BucketReference) -> list[str]:
    """Objects that the bucket's prefixes don't cover."""
    return [f"{bucket.arn}/0/{KEY}"] if bucket.prefixes else []


def _log_group(environment: Environment) -> str:
    name = function_name(environment.prefix, "process_objects")
    return buckets.target_location(environment).arn("logs", f"log-group:/aws/lambda/{name}")


def _objects_side(environment: Environment, objects: BucketReference, role: str) -> Accounts:
    if objects.location.account_id == environment.target.account_id:
        bucket = Bucket(account_id=objects.location.account_id)
        key_policies = {objects.key_arn: policy_document([_administered(environment)])} if objects.key_arn else {}
        return Accounts(buckets={objects.name: bucket}, resource_policies=key_policies)
    statements = source_statements(
        bucket_arn=objects.arn,
        prefixes=objects.prefixes,
        lister_principal=None,
        reader_principal=role,
        reads_tags=environment.job.reads_tags,
    )
    policies = {}
    if objects.key_arn:
        statement = key_policy_statement(
            key_arn=objects.key_arn,
            bucket_arn=objects.arn,
            prefixes=objects.prefixes,
            reader_principal=role,
            sid_prefix="",
        )
        policies[objects.key_arn] = policy_document([statement])
    bucket = Bucket(account_id=objects.location.account_id, policy=policy_document(statements))
    return Accounts(buckets={objects.name: bucket}, resource_policies=policies)


def _results_side(environment: Environment) -> Accounts:
    runs = buckets.runs_bucket(environment)
    bucket = Bucket(account_id=runs.location.account_id, policy=policy_document([deny_plain_http(runs.arn)]))
    key_policies = {runs.key_arn: policy_document([_administered(environment)])} if runs.key_arn else {}
    return Accounts(buckets={runs.name: bucket}, resource_policies=key_policies)


def _administered(environment: Environment) -> Mapping[str, object]:
    """What the default policy of a key of the target account says: the account's IAM policies decide."""
    return {
        "Sid": ADMINISTER,
        "Effect": "Allow",
        "Principal": {"AWS": buckets.target_location(environment).account_arn},
        "Action": "kms:*",
        "Resource": "*",
    }


def _output_side(environment: Environment, output: BucketReference, role: str) -> Accounts:
    location = buckets.target_location(environment)
    statements: list[Mapping[str, object]] = []
    key_statement = _administered(environment)
    if output.location.account_id != location.account_id:
        statements += output_policy_statements(
            output, writer_principal=role, sid_prefix="", tags=environment.job.reads_tags
        )
        if output.key_arn:
            key_statement = output_key_policy_statement(
                output, key_arn=output.key_arn, writer_principal=role, sid_prefix=""
            )
    elif environment.job.output and environment.job.output.bucket is None:
        statements.append(deny_plain_http(output.arn))
    bucket = Bucket(account_id=output.location.account_id, policy=policy_document(statements) if statements else None)
    return Accounts(
        buckets={output.name: bucket},
        resource_policies={output.key_arn: policy_document([key_statement])} if output.key_arn else {},
    )


def _reads(environment: Environment) -> Iterator[Call]:
    role, objects = job_role(environment), buckets.objects_bucket(environment)
    for key in keys_below(objects):
        yield Call(role, "s3:GetObject", key)
        if environment.job.reads_tags:
            yield Call(role, "s3:GetObjectTagging", key)
        if objects.key_arn:
            for arn in (key, objects.arn):
                yield Call(role, "kms:Decrypt", objects.key_arn, by_s3(objects.location.region, arn))


def _results(environment: Environment) -> Iterator[Call]:
    role, runs = job_role(environment), buckets.runs_bucket(environment)
    yield Call(role, "s3:PutObject", _results_arn(runs))
    if runs.key_arn:
        for arn in (_results_arn(runs), runs.arn):
            yield Call(role, "kms:GenerateDataKey", runs.key_arn, by_s3(runs.location.region, arn))


def _results_arn(runs: BucketReference) -> str:
    return f"{runs.arn}/{RESULTS}run/child.request.jsonl.gz"


def _writes(environment: Environment) -> Iterator[Call]:
    role, output = job_role(environment), buckets.output_bucket(environment)
    if output is None:
        return
    yield Call(role, "s3:ListBucketMultipartUploads", output.arn)
    (key,) = keys_below(output)
    for action in ("PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"):
        yield Call(role, f"s3:{action}", key)
    if environment.job.reads_tags:
        yield Call(role, "s3:PutObjectTagging", key)
    if output.key_arn:
        for action in ("GenerateDataKey", "Decrypt"):
            for arn in (key, output.arn):
                yield Call(role, f"kms:{action}", output.key_arn, by_s3(output.location.region, arn))


def _secrets(environment: Environment) -> Iterator[Call]:
    for arn in environment.job.secrets:
        service = arn.split(":")[2]
        action = {"secretsmanager": "secretsmanager:GetSecretValue", "ssm": "ssm:GetParameter"}[service]
        yield Call(job_role(environment), action, arn)


def _refuses_plain_http(environment: Environment, output: BucketReference) -> bool:
    """Whether the output's bucket policy is ours, or has our statements."""
    settings = environment.job.output
    return output.location.account_id != environment.target.account_id or bool(settings and settings.bucket is None)


def _refused(environment: Environment) -> Iterator[Call]:
    role, location = job_role(environment), buckets.target_location(environment)
    objects, output = buckets.objects_bucket(environment), buckets.output_bucket(environment)
    if objects.location.account_id != location.account_id:
        yield Call(role, "s3:GetObject", keys_below(objects)[0], PLAIN_HTTP)
    yield from (Call(role, "s3:GetObject", key) for key in beside(objects))
    yield Call(role, "s3:PutObject", keys_below(objects)[0])
    runs = buckets.runs_bucket(environment)
    yield Call(role, "s3:PutObject", _results_arn(runs), PLAIN_HTTP)
    yield from (Call(role, f"s3:{action}", _results_arn(runs)) for action in ("GetObject", "DeleteObject"))
    yield from (Call(role, "s3:PutObject", f"{runs.arn}/{prefix}run/a") for prefix in (KEY_LISTS, MAP_RUNS))
    if runs.key_arn:
        yield Call(role, "kms:Decrypt", runs.key_arn, by_s3(runs.location.region, _results_arn(runs)))
    if output is None:
        return
    (key,) = keys_below(output)
    yield from (Call(role, "s3:PutObject", other) for other in beside(output))
    yield from (Call(role, f"s3:{action}", key) for action in ("GetObject", "DeleteObject", "PutObjectAcl"))
    if _refuses_plain_http(environment, output):
        yield Call(role, "s3:PutObject", key, PLAIN_HTTP)
    if output.key_arn:
        yield Call(role, "kms:GenerateDataKey", output.key_arn)
        another = by_s3(output.location.region, output.location.bucket_arn("another"))
        yield Call(role, "kms:GenerateDataKey", output.key_arn, another)
