"""What its settings let a job do: the calls that `mapspan.jobs.grants` writes down from the settings."""

from __future__ import annotations

import json

from environments.environment import Environment
from mapspan.jobs.grants.job_accounts import job_accounts, job_calls, job_role
from tests.iam.mutations.expectation import Expectation, Kind
from tests.iam.mutations.widening import about_itself
from tests.iam.pipeline_accounts import DATA_ARN, LOCAL, NAME, REGION, RUNS_ARN, SOURCE, TARGET

DATA_KEY, OUTPUT_KEY = (f"arn:aws:kms:{REGION}:{account}:key/0" for account in (SOURCE, "555555555555"))
OUTPUT = {"bucket": "results", "account_id": "555555555555", "prefix": "results/", "kms_key_arn": OUTPUT_KEY}
SECRETS = [
    f"arn:aws:secretsmanager:{REGION}:{TARGET}:secret:team/token-a1B2c3",
    f"arn:aws:ssm:{REGION}:{TARGET}:parameter/team/token",
]


def job_grants() -> Expectation:
    """A job that reads tags and secrets, and writes into another account's bucket, with keys on both sides."""
    environment = _environment()
    accounts, calls = job_accounts(environment), job_calls(environment).needed
    contexts = {json.dumps(call.context, sort_keys=True) for call in calls if "kms:ViaService" in call.context}
    return Expectation(
        name="job's grants",
        accounts=accounts,
        owners=[job_role(environment), LOCAL.source.bucket, "results", DATA_KEY, OUTPUT_KEY],
        calls=calls,
        kinds=[
            Kind(rf"{DATA_ARN}/2026/.*"),
            Kind(r"arn:aws:s3:::results/results/.*"),
            Kind(rf"{RUNS_ARN}/results/.*"),
            Kind(rf"arn:aws:logs:{REGION}:{TARGET}:log-group:/aws/lambda/{NAME}-process-objects:.*"),
        ],
        contexts=[{}, *(json.loads(context) for context in sorted(contexts))],
        harmless=about_itself(accounts),
    )


def _environment() -> Environment:
    local = json.loads(LOCAL.model_dump_json(exclude_defaults=True))
    job = {**local["job"], "reads_tags": True, "output": OUTPUT, "secrets": SECRETS}
    source = {**local["source"], "kms_key_arn": DATA_KEY}
    return Environment.model_validate_json(json.dumps({**local, "source": source, "job": job}))
