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
        return self.resource("stateMachine")

    def resource(self, kind: str, *rest: str) -> str:
        return ":".join(["arn:aws:states", self.region, self.account, kind, self.name, *rest])

    def execution(self, name: str) -> str:
        return self.resource("execution", name)

    def map_run(self, label: str, run_id: str, *, express: bool) -> "MapRunArn":
        return MapRunArn(self.labelled(label), run_id, express)

    def labelled(self, label: str) -> "MachineArn":
        """The machine as its Map's children see it: `NAME/LABEL`."""
        return MachineArn(self.region, self.account, f"{self.name}/{label}")


@dataclass(frozen=True)
class MapRunArn:
    """`arn:aws:states:REGION:ACCOUNT:mapRun:NAME/LABEL:RUN`, and the ARNs of its children.

    `machine` is the labelled one.
    """

    machine: MachineArn
    run_id: str
    express: bool

    def __str__(self) -> str:
        return self.machine.resource("mapRun", self.run_id)

    def child(self, name: str) -> str:
        if self.express:
            return self.machine.resource("express", self.run_id, name)
        return self.machine.execution(name)

    def example_child(self) -> str:
        """The ARN on which the role needs its permissions on children: an `execution`, for EXPRESS ones too."""
        return self.machine.execution(self.run_id)


def machine_arn(text: str) -> MachineArn:
    """Parses a state machine's ARN, without the suffix of a version or an alias. Raises InvalidArn."""
    parts = text.split(":")
    if len(parts) not in {7, 8} or parts[:3] != ["arn", "aws", "states"] or parts[5] != "stateMachine":
        raise ApiError("InvalidArn", f"Invalid Arn: '{text}'")
    return MachineArn(parts[3], parts[4], parts[6])


def execution_machine(text: str) -> MachineArn:
    """The machine in the ARN of an execution, a child or a Map Run. Raises InvalidArn."""
    parts = text.split(":")
    kinds = {"execution", "express", "mapRun"}
    if len(parts) not in {8, 9} or parts[:3] != ["arn", "aws", "states"] or parts[5] not in kinds:
        raise ApiError("InvalidArn", f"Invalid Arn: '{text}'")
    return MachineArn(parts[3], parts[4], parts[6].partition("/")[0])
