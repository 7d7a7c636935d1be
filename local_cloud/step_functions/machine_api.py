"""The actions on state machines.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
"""

import re
import time
import uuid
from typing import Any

from local_cloud.step_functions import definition
from local_cloud.step_functions.arn import MachineArn
from local_cloud.step_functions.authorization import Roles, check_log_delivery
from local_cloud.step_functions.caller import Caller
from local_cloud.step_functions.errors import ApiError
from local_cloud.step_functions.machine import StateMachine
from local_cloud.step_functions.page import page
from local_cloud.step_functions.store import Store
from modules.asl.execution_type import STANDARD

NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_SETTINGS = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")


class MachineApi:
    """A method for each action, with its name in snake case: a request in, an answer out."""

    def __init__(self, store: Store, roles: Roles) -> None:
        self._store = store
        self._roles = roles

    def create_state_machine(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        name = request["name"]
        if not NAME.fullmatch(name):
            raise ApiError("InvalidName", f"Invalid Name: '{name}'")
        arn = MachineArn(caller.region, caller.account, name)
        kind = request.get("type") or STANDARD
        machine = StateMachine(
            arn=arn,
            kind=kind,
            role_arn=request["roleArn"],
            definition_text=request["definition"],
            definition=definition.parse_definition(request["definition"], kind),
            settings={field: request[field] for field in _SETTINGS if request.get(field)},
            tags={tag["key"]: tag.get("value", "") for tag in request.get("tags") or []},
        )
        self._check_role(machine)
        with self._store.lock:
            existing = self._store.machines.get(str(arn))
            if existing is None:
                self._store.machines[str(arn)] = machine
            elif (existing.definition_text, existing.role_arn, existing.kind, existing.settings) != (
                machine.definition_text,
                machine.role_arn,
                machine.kind,
                machine.settings,
            ):
                raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
            else:
                machine = existing
            answer = {"stateMachineArn": str(arn), "creationDate": machine.created}
            if request.get("publish"):
                answer["stateMachineVersionArn"] = machine.publish(request.get("versionDescription", ""))
        return answer

    def _check_role(self, machine: StateMachine) -> None:
        if not _ROLE.fullmatch(machine.role_arn):
            raise ApiError("InvalidArn", f"Invalid Role Arn: '{machine.role_arn}'")
        role = self._roles.of(machine)
        role.assume()
        logging = machine.settings.get("loggingConfiguration", {})
        for destination in logging.get("destinations", []):
            group = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
            if not group.endswith(":*"):
                raise ApiError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: '{group}'")
        check_log_delivery(role, logging)

    def describe_state_machine(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return self._store.machine(request["stateMachineArn"]).describe()

    def describe_state_machine_for_execution(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        map_run, _ = self._store.child(request["executionArn"]) or (None, None)
        arn = map_run.execution_arn if map_run else request["executionArn"]
        described = self._store.execution(arn).machine.describe()
        described["updateDate"] = described.pop("creationDate")
        for field in ("status", "type"):
            del described[field]
        if map_run:
            described |= {"mapRunArn": map_run.arn, "label": map_run.fields.label}
        return described

    def validate_state_machine_definition(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        kind = request.get("type") or STANDARD
        diagnostics = [_diagnostic(problem) for problem in definition.problems(request["definition"], kind)]
        return {"result": "FAIL" if diagnostics else "OK", "diagnostics": diagnostics, "truncated": False}

    def update_state_machine(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._store.lock:
            machine = self._store.machine(request["stateMachineArn"])
            fields = {"definition", "roleArn", *_SETTINGS}
            if not fields & {name for name, value in request.items() if value}:
                raise ApiError("MissingRequiredParameter", "A definition, a role ARN or a setting is missing")
            text = request.get("definition") or machine.definition_text
            new_definition = definition.parse_definition(text, machine.kind)
            settings = machine.settings | {field: request[field] for field in _SETTINGS if request.get(field)}
            changed = StateMachine(
                arn=machine.arn,
                kind=machine.kind,
                role_arn=request.get("roleArn") or machine.role_arn,
                definition_text=text,
                definition=new_definition,
                settings=settings,
                tags=machine.tags,
                created=machine.created,
                revision=str(uuid.uuid4()),
                versions=machine.versions,
                next_version=machine.next_version,
            )
            self._check_role(changed)
            self._store.machines[str(machine.arn)] = changed
            answer: dict[str, Any] = {"updateDate": time.time(), "revisionId": changed.revision}
            if request.get("publish"):
                answer["stateMachineVersionArn"] = changed.publish(request.get("versionDescription", ""))
        return answer

    def delete_state_machine(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        """Succeeds if there is no such machine, as on AWS. The machine's executions can still be described."""
        with self._store.lock:
            self._store.machines.pop(request["stateMachineArn"], None)
        return {}

    def list_state_machines(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        machines = [
            {
                "stateMachineArn": arn,
                "name": machine.arn.name,
                "type": machine.kind,
                "creationDate": machine.created,
            }
            for arn, machine in sorted(self._store.machines.items())
            if (machine.arn.account, machine.arn.region) == (caller.account, caller.region)
        ]
        return page("stateMachines", machines, request)

    def list_state_machine_versions(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        versions = self._store.machine(request["stateMachineArn"]).versions
        entries = [
            {name: versions[number][name] for name in ("stateMachineVersionArn", "creationDate")}
            for number in sorted(versions, reverse=True)
        ]
        return page("stateMachineVersions", entries, request)

    def publish_state_machine_version(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._store.lock:
            machine = self._store.machine(request["stateMachineArn"])
            arn = machine.publish(request.get("description", ""))
        return {"stateMachineVersionArn": arn, "creationDate": time.time()}

    def list_tags_for_resource(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        tags = self._machine_of_tags(request).tags
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def tag_resource(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        self._machine_of_tags(request).tags.update({tag["key"]: tag.get("value", "") for tag in request["tags"]})
        return {}

    def untag_resource(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        tags = self._machine_of_tags(request).tags
        for key in request["tagKeys"]:
            tags.pop(key, None)
        return {}

    def _machine_of_tags(self, request: dict[str, Any]) -> StateMachine:
        try:
            return self._store.machine(request["resourceArn"])
        except ApiError as missing:
            raise ApiError("ResourceNotFound", f"Resource not found: '{request['resourceArn']}'") from missing


def _diagnostic(problem: str) -> dict[str, str]:
    """A problem as ValidateStateMachineDefinition reports it: `CODE: message at /path`."""
    code, _, rest = problem.partition(": ")
    message, _, location = rest.rpartition(" at /")
    return {
        "severity": "ERROR",
        "code": code,
        "message": message or rest,
        "location": f"/{location if message else ''}",
    }
