"""The permissions of a function in a VPC, and of those who put it there.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
"""

from __future__ import annotations

from environments.company import VpcSettings
from modules.location import Location
from modules.statements import Statements

_CREATE = ["ec2:CreateNetworkInterface"]
_OWN = ["ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"]
_FIND = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]


def attach(*, location: Location, vpc: VpcSettings, function_arn: str) -> dict[str, Statements]:
    """Lambda attaches the function to the VPC with the function's role; the function's own code may not use it."""
    return {
        "attach-to-vpc": [
            *network(location=location, vpc=vpc),
            {
                # With its role, the code could otherwise delete the interfaces of other functions in the VPC.
                "Sid": "OnlyLambdaItself",
                "Effect": "Deny",
                "Action": [*_CREATE, *_OWN, *_FIND],
                "Resource": "*",
                "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
            },
        ]
    }


def network(*, location: Location, vpc: VpcSettings) -> Statements:
    """Create interfaces in these subnets with these security groups, and delete them."""
    interfaces = location.arn("ec2", "network-interface/*")  # EC2 names them
    subnets = [location.arn("ec2", f"subnet/{id_}") for id_ in vpc.subnet_ids]
    groups = [location.arn("ec2", f"security-group/{id_}") for id_ in vpc.security_group_ids]
    return [
        {"Sid": "CreateInterfaces", "Effect": "Allow", "Action": _CREATE, "Resource": [interfaces, *subnets, *groups]},
        {"Sid": "DeleteInterfaces", "Effect": "Allow", "Action": _OWN, "Resource": interfaces},
        {"Sid": "FindInterfaces", "Effect": "Allow", "Action": _FIND, "Resource": "*"},  # EC2 defines no narrower one
    ]
