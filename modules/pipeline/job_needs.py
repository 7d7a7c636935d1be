"""The permissions and variables of the process_objects function, as one environment's settings ask for them."""

from __future__ import annotations

import json

from environments.environment import Environment
from environments.files import SettingsError
from environments.job_policy import read_job_policy
from modules.bucket_reference import BucketReference
from modules.pipeline import buckets
from modules.statements import Statements, functions, job, policy_document
from modules.statements.bucket_owners import in_owners_accounts

# The most that the policies for its logs and traces take.
LOGS_AND_TRACES_LENGTH = 640
# The characters of all inline policies of a role, without white space, less those of the logs and traces:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_POLICIES_LENGTH = 10_240 - LOGS_AND_TRACES_LENGTH


def job_needs(environment: Environment) -> dict[str, Statements]:
    """The needs of the function that calls the job, without its logs and traces.

    Raises:
        SettingsError: a role can't hold their policies.
    """
    settings, objects, output = environment.job, buckets.objects_bucket(environment), buckets.output_bucket(environment)
    runs = buckets.runs_bucket(environment)
    needs: dict[str, Statements] = functions.process_objects(
        source_bucket_arn=objects.arn,
        prefixes=objects.prefixes,
        source_key_arn=objects.key_arn,
        runs_bucket_arn=runs.arn,
        runs_key_arn=runs.key_arn,
    )
    if settings.reads_tags:
        needs |= job.read_tags(objects)
    if output is not None:
        needs |= job.write_output(output, tags=settings.reads_tags)
    needs = in_owners_accounts(needs, [objects, runs, *([output] if output else [])])
    needs |= job.read_secrets(settings.secrets)
    if settings.policy is not None:
        needs[job.JOB_POLICY] = read_job_policy(settings.policy)
    _check_length(environment, needs)
    return needs


def job_variables(environment: Environment, *, objects: BucketReference) -> dict[str, str]:
    """The function's environment variables: ours, and the job's own."""
    settings, output, rate_limit = environment.job, buckets.output_bucket(environment), environment.rate_limit
    variables = {
        **bucket_variables("SOURCE", objects),
        "SOURCE_REGION": objects.location.region,
        **bucket_variables("RUNS", buckets.runs_bucket(environment)),
        "READ_THREADS": str(settings.threads),
    }
    if output is not None:
        variables |= {
            **bucket_variables("OUTPUT", output),
            "OUTPUT_REGION": output.location.region,
            **({"OUTPUT_PREFIX": output.prefixes[0]} if output.prefixes else {}),
        }
    if objects.requester_pays:
        variables["REQUESTER_PAYS"] = "true"
    if settings.reads_tags:
        variables["READS_TAGS"] = "true"
    if not buckets.target_location(environment).has_json_logs:
        variables["TEXT_LOGS"] = "true"
    if rate_limit is not None:
        variables["OBJECT_INTERVAL_SECONDS"] = str(rate_limit.interval_seconds)
    return {**settings.environment, **variables}


def bucket_variables(name: str, bucket: BucketReference) -> dict[str, str]:
    """The variables that name a bucket and its owner, whom each call expects."""
    return {f"{name}_BUCKET": bucket.name, f"{name}_ACCOUNT_ID": bucket.location.account_id}


def _check_length(environment: Environment, needs: dict[str, Statements]) -> None:
    lengths = {
        need: len(json.dumps(policy_document(statements), separators=(",", ":"))) for need, statements in needs.items()
    }
    if (total := sum(lengths.values())) > ROLE_POLICIES_LENGTH:
        longest = max(lengths, key=lambda need: lengths[need])
        field = {job.JOB_POLICY: "job.policy", job.READ_SECRETS: "job.secrets"}.get(longest, "source.prefixes")
        raise SettingsError(
            f"environments/{environment.name}.toml: {field}: the policies of the function's role would have {total:,}"
            f" characters, {lengths[longest]:,} of them for this setting, and IAM leaves them {ROLE_POLICIES_LENGTH:,}:"
            " shorten it"
        )
