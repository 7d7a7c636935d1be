"""Bedrock: https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html."""

import re
from collections.abc import Iterator

from modules.asl.grant import Grant
from modules.asl.nested_states import RunTimeValue, member
from modules.asl.objects_in_s3 import bounded_objects, read_grants, uri_objects, write_grants
from modules.asl.run_a_job import Waits
from modules.asl.statement import Condition
from modules.asl.task import Task, grant

NEED = "invoke-models"
# A profile of AWS's is named after the area in which it chooses a Region: `eu.anthropic.claude-…`.
_PROFILE = re.compile(r"(?:[a-z]{2,6}|us-gov)\.(?P<model>[a-z0-9-]+\..+)")


def invoke_model(task: Task, _waits: Waits) -> Iterator[Grant]:
    """A model, its input and output in S3, and its guardrail.

    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    for model in task.values("ModelId", '"<model id, or ARN of a model or a profile>"'):
        yield from _model_grants(task, model)
    for argument, grants in (("Input", read_grants), ("Output", write_grants)):
        value = task.state.argument(argument)
        uri = member(value, "S3Uri")
        field = f"{argument}.S3Uri"
        if isinstance(uri, RunTimeValue):
            objects = bounded_objects(task, field, f"is known only at run time ({uri.source})")
            yield from grants(task, objects)
        elif isinstance(uri, str):
            yield from grants(task, uri_objects(task, field, uri))
    guardrails = member(task.state.argument("GuardrailConfig"), "GuardrailIdentifier")
    if task.has("GuardrailIdentifier") or guardrails is not None:
        given = task.state.argument("GuardrailIdentifier") or guardrails
        ids = task.bounds.values(task.state.name, "GuardrailIdentifier", given, '"<guardrail id or ARN>"')
        arns = [id_ if id_.startswith("arn:") else task.location.arn("bedrock", f"guardrail/{id_}") for id_ in ids]
        yield from grant(NEED, "ApplyGuardrails", ("bedrock:ApplyGuardrail",), arns)


def _model_grants(task: Task, model: str) -> Iterator[Grant]:
    actions = ("bedrock:InvokeModel",)
    if ":prompt/" in model:
        task.refuse("invokes a prompt, which needs the permissions of its model too")
    elif ":application-inference-profile/" in model:
        models = task.require("FoundationModel", "does not follow from the profile", '["<foundation model ARN>"]')
        yield from grant(NEED, "InvokeProfiles", actions, [model])
        yield from grant(NEED, "InvokeModelsOfProfiles", actions, models, _by_profile(model))
    elif profile := _PROFILE.fullmatch(model.rpartition(":inference-profile/")[2]):
        is_arn = model.startswith("arn:")
        arn = model if is_arn else task.location.arn("bedrock", f"inference-profile/{model}")
        # The profile chooses the Region.
        models = [f"arn:{task.location.partition}:bedrock:*::foundation-model/{profile['model']}"]
        yield from grant(NEED, "InvokeProfiles", actions, [arn])
        yield from grant(NEED, "InvokeModelsOfProfiles", actions, models, _by_profile(arn))
    elif model.startswith(("arn:", "${TfToken[")):
        yield from grant(NEED, "InvokeModels", actions, [model])
    else:
        region = task.location.region
        arn = f"arn:{task.location.partition}:bedrock:{region}::foundation-model/{model}"
        yield from grant(NEED, "InvokeModels", actions, [arn])


def _by_profile(arn: str) -> Condition:
    return {"StringEquals": {"bedrock:InferenceProfileArn": arn}}
