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

NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_SETTINGS = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")


class MachineApi:
    def __init__(self, store: Store, roles: Roles) -> None:
        self._store = store
        self._roles = roles

    def create_state_machine(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        name = asked["name"]
        if not NAME.fullmatch(name):
            raise ApiError("InvalidName", f"Invalid Name: '{name}'")
        arn = MachineArn(caller.region, caller.account, name)
        machine = StateMachine(
            arn=arn,
            kind=asked.get("type") or "STANDARD",
            role_arn=asked["roleArn"],
            definition_text=asked["definition"],
            definition=definition.parsed(asked["definition"]),
            settings={field: asked[field] for field in _SETTINGS if asked.get(field)},
            tags={tag["key"]: tag.get("value", "") for tag in asked.get("tags") or []},
        )
        self._check_role(machine)
        with self._store.lock:
            present = self._store.machines.get(str(arn))
            if present is None:
                self._store.machines[str(arn)] = machine
            elif (present.definition_text, present.role_arn, present.kind, present.settings) != (
                machine.definition_text,
                machine.role_arn,
                machine.kind,
                machine.settings,
            ):
                raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
            else:
                machine = present
            answer = {"stateMachineArn": str(arn), "creationDate": machine.created}
            if asked.get("publish"):
                answer["stateMachineVersionArn"] = machine.publish(asked.get("versionDescription", ""))
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

    def describe_state_machine(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return self._store.machine(asked["stateMachineArn"]).described()

    def describe_state_machine_for_execution(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        child = self._store.child(asked["executionArn"])
        arn = child[0].execution_arn if child else asked["executionArn"]
        described = self._store.execution(arn).machine.described()
        described["updateDate"] = described.pop("creationDate")
        for field in ("status", "type"):
            del described[field]
        if child:
            described |= {"mapRunArn": child[0].arn, "label": child[0].fields.label}
        return described

    def validate_state_machine_definition(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        diagnostics = []
        for problem in definition.problems(asked["definition"]):
            code, _, message = problem.partition(": ")
            known = code.isupper() and " " not in code
            diagnostics.append(
                {
                    "severity": "ERROR",
                    "code": code if known else "SCHEMA_VALIDATION_FAILED",
                    "message": message if known else problem,
                    "location": "/",
                }
            )
        return {"result": "FAIL" if diagnostics else "OK", "diagnostics": diagnostics, "truncated": False}

    def update_state_machine(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._store.lock:
            machine = self._store.machine(asked["stateMachineArn"])
            fields = {"definition", "roleArn", *_SETTINGS}
            if not fields & {name for name, value in asked.items() if value}:
                raise ApiError(
                    "MissingRequiredParameter", "Either the definition, the role ARN or a setting must be given"
                )
            text = asked.get("definition") or machine.definition_text
            parsed = definition.parsed(text)
            settings = machine.settings | {field: asked[field] for field in _SETTINGS if asked.get(field)}
            changed = StateMachine(
                arn=machine.arn,
                kind=machine.kind,
                role_arn=asked.get("roleArn") or machine.role_arn,
                definition_text=text,
                definition=parsed,
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
            if asked.get("publish"):
                answer["stateMachineVersionArn"] = changed.publish(asked.get("versionDescription", ""))
        return answer

    def delete_state_machine(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        """A machine that isn't there is deleted too, as on AWS; its executions can still be described."""
        with self._store.lock:
            self._store.machines.pop(asked["stateMachineArn"], None)
        return {}

    def list_state_machines(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
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
        return page("stateMachines", machines, asked)

    def list_state_machine_versions(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        versions = self._store.machine(asked["stateMachineArn"]).versions
        listed = [
            {name: versions[number][name] for name in ("stateMachineVersionArn", "creationDate")}
            for number in sorted(versions, reverse=True)
        ]
        return page("stateMachineVersions", listed, asked)

    def publish_state_machine_version(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._store.lock:
            machine = self._store.machine(asked["stateMachineArn"])
            arn = machine.publish(asked.get("description", ""))
        return {"stateMachineVersionArn": arn, "creationDate": time.time()}

    def list_tags_for_resource(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        tags = self._tagged(asked).tags
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def tag_resource(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        self._tagged(asked).tags.update({tag["key"]: tag.get("value", "") for tag in asked["tags"]})
        return {}

    def untag_resource(self, asked: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        tags = self._tagged(asked).tags
        for key in asked["tagKeys"]:
            tags.pop(key, None)
        return {}

    def _tagged(self, asked: dict[str, Any]) -> StateMachine:
        try:
            return self._store.machine(asked["resourceArn"])
        except ApiError as missing:
            raise ApiError("ResourceNotFound", f"Resource not found: '{asked['resourceArn']}'") from missing
