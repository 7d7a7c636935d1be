"""Where the job writes: a bucket that the deploy creates, one that exists, or another account's, which is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from constructs import Construct

from environments.environment import Environment
from modules.bucket_reference import BucketReference
from modules.pipeline import buckets
from modules.pipeline.functions import PROCESS_FUNCTION
from modules.pipeline.handover import Handover, Request, bucket_policy_request
from modules.private_bucket import PrivateBucket
from modules.resource_names import function_name
from modules.statements import policy_document
from modules.statements.job import output_key_policy_statement, output_policy_statements

# A copy that a try leaves unfinished is continued by the next one: time enough for a retry of the run.
UPLOAD_DAYS = 7


def job_output(scope: Construct, environment: Environment) -> Mapping[str, str]:
    """Create the output bucket, or write what its owner is asked for. Returns the Terraform outputs that report it."""
    output, settings = buckets.output_bucket(environment), environment.job.output
    if output is None or settings is None:
        return {}
    handed_over: Mapping[str, str] = {}
    if settings.bucket is None:
        bucket = PrivateBucket(
            scope,
            "output_bucket",
            name=output.name,
            location=output.location,
            expire_after_days=None,
            destroyable=environment.is_local,
            kms_key_arn=output.key_arn,
        )
        if not environment.is_local:  # where creating a lifecycle rule takes a minute, and nothing is kept for a week
            bucket.delete_unfinished_uploads(after_days=UPLOAD_DAYS)
    elif output.location.account_id != environment.target.account_id:
        handed_over = _hand_over(scope, environment, output)
    return {"output_bucket": output.name, **handed_over}


def _hand_over(scope: Construct, environment: Environment, output: BucketReference) -> Mapping[str, str]:
    prefix = f" below `{output.prefixes[0]}`" if output.prefixes else ""
    return Handover(
        scope,
        "output_handover",
        environment=environment.name,
        part="output",
        owner=output.location.account_id,
        target=environment.target.account_id,
        purpose=f"to write objects to your bucket `{output.name}`{prefix}. We need only what is listed here.",
        requests=list(_requests(environment, output)),
        afterwards="a run writes its objects. If something is still missing, its keys fail with AccessDenied.",
    ).outputs


def _requests(environment: Environment, output: BucketReference) -> Iterator[Request]:
    """The statements for the policies of the bucket and its key."""
    role = function_name(environment.prefix, PROCESS_FUNCTION)
    writer, sid_prefix = buckets.target_location(environment).role_arn(role), environment.sid_prefix
    statements = output_policy_statements(
        output, writer_principal=writer, sid_prefix=sid_prefix, tags=environment.job.reads_tags
    )
    yield bucket_policy_request(output.name, policy_document(statements))
    yield Request(
        files={},
        words=f"""Let us know if the bucket's object ownership is not *bucket owner enforced*
(`aws s3api get-bucket-ownership-controls --bucket {output.name}`): what we write would belong to our account.""",
    )
    if output.key_arn:
        statement = output_key_policy_statement(
            output, key_arn=output.key_arn, writer_principal=writer, sid_prefix=sid_prefix
        )
        yield Request(
            files={"key-policy-statement": statement},
            words=f"""Add the statement in `key-policy-statement.json` to the policy of the key `{output.key_arn}`. It
lets the writing role encrypt, only through S3 and only objects of this bucket, and decrypt the parts of a large upload
to join them.""",
        )
