"""MiniStack with its faults mended, and our Step Functions in the place of its own.

    GATEWAY_PORT=… MAPSPAN_STATES_PORT=… [MAPSPAN_DECISIONS=FILE] python -m local_cloud.ministack

Every mend below reaches into MiniStack by name, so it runs with exactly the version they were tried with.
`local_cloud.process` starts it, with the environment it needs.
"""

import asyncio
import functools
import http.client
import importlib.metadata
import inspect
import json
import os
import queue
import re
import sys
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

from ministack import app  # type: ignore[import-untyped] # it has no types
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, responses  # type: ignore[import-untyped] # likewise
from ministack.services import lambda_svc, s3  # type: ignore[import-untyped] # likewise

from local_cloud import lambda_worker
from local_cloud.alarms import describe_alarms_as_they_were_put
from local_cloud.decisions import write_down_decisions
from local_cloud.inventories import keep_inventories
from local_cloud.lifeline import die_with_parent
from local_cloud.named_resources import ask_about_named_resources, ask_with_grants

VERSION = "1.5.33"
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[Response]]

SERVICE_PRINCIPAL_HEADER = "x-mapspan-service-principal"
SOURCE_ARN_HEADER = "x-mapspan-source-arn"
_calling_service: ContextVar[tuple[str, str] | None] = ContextVar("calling_service", default=None)


def refuse_another_version() -> None:
    found = importlib.metadata.version("ministack")
    if found != VERSION:
        sys.exit(f"The local cloud's mends fit MiniStack {VERSION}, and {found} is installed.")


def name_the_caller_to_resource_policies() -> None:
    """A cross-account S3 caller is its role, not its account's root: a bucket policy may name the role."""

    evaluate = iam_evaluator.evaluate_resource_policy

    def as_caller(doc: Any, ctx: Any, *args: Any, **kwargs: Any) -> Any:
        caller = iam_evaluator.caller_arn()
        if ctx.principal_arn == f"arn:aws:iam::{caller.split(':')[4]}:root":
            ctx = replace(ctx, principal_arn=caller)
        return evaluate(doc, ctx, *args, **kwargs)

    iam_evaluator.evaluate_resource_policy = as_caller


def let_wildcards_match_newlines() -> None:
    """`*` in a policy matches every character of a key, a newline too."""

    compile_pattern = iam_evaluator._fnmatch_compile

    def compile_whole(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        compiled = compile_pattern(pattern, ignore_case)
        return re.compile(compiled.pattern.removesuffix("$") + r"\Z", compiled.flags | re.DOTALL)

    iam_evaluator._fnmatch_compile = functools.cache(compile_whole)


def count_loopback_as_secure() -> None:
    """Loopback stands in for TLS, so that `Deny` unless `aws:SecureTransport` means here what it means there."""

    pin = app.pin_request_origin
    app.pin_request_origin = lambda address, _secure: pin(address, True)


def let_services_assume_roles() -> None:
    """AssumeRole as a service: the trust policy must name that service, and may ask from where it comes.

    MiniStack lets an account's root through for any `Service` principal and knows no `aws:SourceArn`.
    Our Step Functions says in two headers which service calls, and for which resource.
    """

    evaluate = iam_evaluator.evaluate_trust_policy

    def for_service(trust: str | dict[str, Any], caller_arn: str, ctx: Any = None) -> Any:
        called = _calling_service.get()
        if called is None:
            return evaluate(trust, caller_arn, ctx)
        service, source_arn = called
        document = json.loads(trust) if isinstance(trust, str) else trust
        statements = document.get("Statement", [])
        named = [
            {**statement, "Principal": "*"}
            for statement in (statements if isinstance(statements, list) else [statements])
            if service in _listed(statement.get("Principal"))
        ]
        keys = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_arn.split(":")[4]}
        asked = replace(ctx, service_context={**ctx.service_context, **keys})
        return evaluate({**document, "Statement": named}, caller_arn, asked)

    iam_evaluator.evaluate_trust_policy = for_service


def _listed(principal: Any) -> list[str]:
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    return [services] if isinstance(services, str) else services


def run_lambda_workers_of_our_own() -> None:
    """Errors by the exception's class, warm after a failure, and no pause for log lines that never come."""

    def drain_to_mark(worker: Any, *_: Any, **__: Any) -> str:
        lines: list[str] = []
        deadline = time.monotonic() + 1
        try:
            while (line := worker._stderr_queue.get(timeout=max(0, deadline - time.monotonic()))) != (
                lambda_worker.END_OF_LOG
            ):
                lines.append(line)
        except queue.Empty:
            pass  # a worker that died leaves no mark
        return "\n".join(lines)

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        config = func.get("config") or func
        name, version = config["FunctionName"], config.get("Version", "$LATEST")
        lambda_svc._ensure_reaper_thread()
        worker, _ = lambda_runtime.acquire_worker(name, config, func["code_zip"], qualifier=version)
        try:
            answer = worker.invoke(event, request_id, invoked_function_arn=config.get("FunctionArn", ""))
        finally:
            lambda_runtime.release_worker(worker)
        log = answer.get("log", "")
        if answer["status"] == "ok":
            return {"body": answer["result"], "error": answer["failed"], "log": log}
        message, error_type = answer["error"], "Sandbox.Timedout"
        if not message.startswith("Task timed out"):
            message, error_type = "Runtime exited without providing a reason", "Runtime.ExitError"
        body = {"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {message}"}
        return {"body": body, "error": True, "log": log}

    lambda_runtime._PYTHON_WORKER_SCRIPT = inspect.getsource(lambda_worker)
    lambda_runtime.Worker._drain_stderr_bounded = drain_to_mark
    lambda_svc._execute_function_warm = execute
    os.environ["_MAPSPAN_SOURCE_TREE"] = str(Path(__file__).resolve().parents[1])


def name_the_resource_of_a_denial() -> None:
    """Who may not do what *to which resource*, as AWS says it: MiniStack leaves the resource out."""
    respond = iam_actions.access_denied_response

    def naming(service: str, action: str, principal_arn: str, request_id: str, **details: Any) -> Any:
        said = details.get("message") or details.get("error_code") or details.get("explicit_deny")
        if not said:
            details["message"] = (
                f"User: {principal_arn} is not authorized to perform: {action}"
                f" on resource: {details.get('resource_arn', '*')}"
                f" because no identity-based policy allows the {action} action"
            )
        return respond(service, action, principal_arn, request_id, **details)

    iam_actions.access_denied_response = naming


def expect_bucket_owner(handler: Handler) -> Handler:
    """`x-amz-expected-bucket-owner`: another owner is a 403.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
    """

    async def checked(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        copied = headers.get("x-amz-copy-source", "").lstrip("/")
        for header, bucket in (
            ("x-amz-expected-bucket-owner", path.lstrip("/").partition("/")[0]),
            ("x-amz-source-expected-bucket-owner", copied.partition("/")[0]),
        ):
            expected, owner = headers.get(header), s3._bucket_owner_account(bucket)
            if expected and owner and expected != owner:
                refusal = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
                return 403, {"Content-Type": "application/xml"}, b"" if method == "HEAD" else refusal.encode()
        return await handler(method, path, headers, body, query)

    return checked


def know_request_payment(handler: Handler) -> Handler:
    """Asked by its real name, MiniStack answers with a listing, which XML 1.0 can't carry with every key."""

    async def known(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        if method == "GET" and "requestPayment" in query:
            query = {**query, "request-payment": [""]}
        return await handler(method, path, headers, body, query)

    return known


def note_calling_service(handler: Handler) -> Handler:
    async def noted(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        service = headers.get(SERVICE_PRINCIPAL_HEADER)
        _calling_service.set((service, headers[SOURCE_ARN_HEADER]) if service else None)
        return await handler(method, path, headers, body, query)

    return noted


def forward_to_step_functions(port: int) -> Handler:
    """MiniStack has authenticated the caller and asked IAM: hand the call to the States server."""

    def forward(headers: dict[str, str], body: bytes) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            return response.status, {"Content-Type": "application/x-amz-json-1.0"}, response.read()
        finally:
            connection.close()

    async def forwarded(
        _method: str, _path: str, headers: dict[str, str], body: bytes, _query: dict[str, list[str]]
    ) -> Response:
        caller = {"x-mapspan-account": responses.get_account_id(), "x-mapspan-region": responses.get_region()}
        return await asyncio.to_thread(forward, {"x-amz-target": headers.get("x-amz-target", ""), **caller}, body)

    return forwarded


def main() -> None:
    refuse_another_version()
    die_with_parent()

    name_the_caller_to_resource_policies()
    let_wildcards_match_newlines()
    count_loopback_as_secure()
    let_services_assume_roles()
    run_lambda_workers_of_our_own()
    ask_about_named_resources()
    ask_with_grants()
    name_the_resource_of_a_denial()
    describe_alarms_as_they_were_put()
    if decisions := os.environ.get("MAPSPAN_DECISIONS"):
        write_down_decisions(Path(decisions))
    handlers: dict[str, Handler] = app.SERVICE_HANDLERS
    handlers["s3"] = expect_bucket_owner(know_request_payment(keep_inventories(handlers["s3"])))
    handlers["sts"] = note_calling_service(handlers["sts"])
    handlers["states"] = forward_to_step_functions(int(os.environ["MAPSPAN_STATES_PORT"]))
    sys.argv[1:] = []
    app.main()


if __name__ == "__main__":
    main()
