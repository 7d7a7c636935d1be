"""What the local cloud's processes agree on."""

HOST = "127.0.0.1"
SECRET_ACCESS_KEY = "test"  # noqa: S105 - MiniStack's secret for the root of every account

# Headers, in lower case, as MiniStack passes them.
# From Step Functions, on AssumeRole: the service that calls, and the resource that it calls for.
SERVICE_PRINCIPAL_HEADER = "x-mapspan-service-principal"
SOURCE_ARN_HEADER = "x-mapspan-source-arn"
# From MiniStack, on every call that it forwards: the authenticated caller's account and region.
ACCOUNT_HEADER = "x-mapspan-account"
REGION_HEADER = "x-mapspan-region"
