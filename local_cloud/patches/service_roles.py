"""AssumeRole by a service, as Step Functions does it when it runs a machine as its role.

Our Step Functions names the calling service, and the resource it calls for, in two headers.
"""

import json
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-untyped] # it has no types

from local_cloud.patches.handler import Handler, Response
from local_cloud.protocol import SERVICE_PRINCIPAL_HEADER, SOURCE_ARN_HEADER

_calling_service: ContextVar[tuple[str, str] | None] = ContextVar("calling_service", default=None)


def note_calling_service(handler: Handler) -> Handler:
    """STS' handler: keeps the two headers for the decision on the trust policy."""

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        service = headers.get(SERVICE_PRINCIPAL_HEADER)
        _calling_service.set((service, headers[SOURCE_ARN_HEADER]) if service else None)
        return await handler(method, path, headers, body, query)

    return handle


def let_services_assume_roles() -> None:
    """The trust policy must name the service, and its conditions may limit the account and the resource.

    MiniStack lets an account's root through for any `Service` principal and doesn't know `aws:SourceArn`.
    """
    evaluate = iam_evaluator.evaluate_trust_policy

    def evaluate_for_service(trust: str | dict[str, Any], caller_arn: str, context: Any = None) -> Any:
        call = _calling_service.get()
        if call is None:
            return evaluate(trust, caller_arn, context)
        service, source_arn = call
        document = json.loads(trust) if isinstance(trust, str) else trust
        statements = document.get("Statement", [])
        matching = [
            {**statement, "Principal": "*"}
            for statement in (statements if isinstance(statements, list) else [statements])
            if service in _services(statement.get("Principal"))
        ]
        keys = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_arn.split(":")[4]}
        service_context = replace(context, service_context={**context.service_context, **keys})
        return evaluate({**document, "Statement": matching}, caller_arn, service_context)

    iam_evaluator.evaluate_trust_policy = evaluate_for_service


def _services(principal: Any) -> list[str]:
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    return [services] if isinstance(services, str) else services
