"""The ARNs of machines, executions, Map Runs and their children.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html
"""

from dataclasses import dataclass

from local_cloud.step_functions.errors import ApiError


@dataclass(frozen=True)
class MachineArn:
    """`arn:aws:states:REGION:ACCOUNT:stateMachine:NAME`"""

    region: str
    account: str
    name: str

    def __str__(self) -> str:
        return self._arn("stateMachine")

    def _arn(self, kind: str, *rest: str) -> str:
        return ":".join(["arn:aws:states", self.region, self.account, kind, self.name, *rest])

    def execution(self, name: str) -> str:
        return self._arn("execution", name)

    def map_run(self, label: str, run_id: str) -> str:
        return self.labelled(label)._arn("mapRun", run_id)

    def child(self, label: str, run_id: str, name: str, *, express: bool) -> str:
        labelled = self.labelled(label)
        if express:
            return labelled._arn("express", run_id, name)
        return labelled._arn("execution", name)

    def labelled(self, label: str) -> "MachineArn":
        """The machine as its Map's children see it: `NAME/LABEL`."""
        return MachineArn(self.region, self.account, f"{self.name}/{label}")


def machine_arn(text: str) -> MachineArn:
    """Parses a state machine's ARN; a version's or alias's suffix is left off. Raises InvalidArn."""
    parts = text.split(":")
    if len(parts) not in {7, 8} or parts[:3] != ["arn", "aws", "states"] or parts[5] != "stateMachine":
        raise ApiError("InvalidArn", f"Invalid Arn: '{text}'")
    return MachineArn(parts[3], parts[4], parts[6])


def execution_machine(text: str) -> MachineArn:
    """The machine of an execution's, a child's or a Map Run's ARN. Raises InvalidArn."""
    parts = text.split(":")
    known = {"execution", "express", "mapRun"}
    if len(parts) not in {8, 9} or parts[:3] != ["arn", "aws", "states"] or parts[5] not in known:
        raise ApiError("InvalidArn", f"Invalid Arn: '{text}'")
    return MachineArn(parts[3], parts[4], parts[6].partition("/")[0])
