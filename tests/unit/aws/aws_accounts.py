"""Two accounts of AWS, with clients that no test calls."""

from __future__ import annotations

import boto3

from modules.location import Location
from tests.aws.accounts import Accounts

_REGION = "ap-southeast-2"
_SESSION = boto3.Session(aws_access_key_id="none", aws_secret_access_key="none", region_name=_REGION)
ACCOUNTS = Accounts(
    target_session=_SESSION,
    source_session=_SESSION,
    target=Location(account_id="333333333333", region=_REGION),
    source=Location(account_id="444444444444", region=_REGION),
)
