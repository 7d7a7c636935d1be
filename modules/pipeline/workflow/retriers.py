"""Retriers for a state's Retry, each bounded and jittered: the errors, by name, that may pass on another try."""

# A function runs for at most 900 s; an answer that has not come by then was lost on its way.
LONGEST_FUNCTION_SECONDS = 900 + 30

# Lambda's own faults, retried as AWS recommends. A denied invocation is one of them (AWSLambdaException) and must
# not hold up the run for long.
# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
LAMBDA_FAULTS = {
    "ErrorEquals": [
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
    ],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 3,
    "MaxDelaySeconds": 10,
    "JitterStrategy": "FULL",
}

# Throttling passes when other invocations end: worth a wait of minutes.
THROTTLING = {
    "ErrorEquals": ["Lambda.TooManyRequestsException"],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 8,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}

# A function's errors that may not come twice: it crashed, ran out of time, or S3 throttled it or was out of reach.
# By name, so that AccessDenied or a missing bucket fails the run immediately.
PASSING_FAULTS = {
    "ErrorEquals": [
        "Lambda.Unknown",
        "Runtime.ExitError",
        "Sandbox.Timedout",
        "States.Timeout",
        "Throttled",
        "NoProgress",
        "SlowDown",
        "InternalError",
        "ServiceUnavailable",
        "RequestTimeout",
        "ConnectionClosedError",
        "ConnectTimeoutError",
        "EndpointConnectionError",
        "IncompleteReadError",
        "ReadTimeoutError",
    ],
    "IntervalSeconds": 5,
    "BackoffRate": 2,
    "MaxAttempts": 2,
    "MaxDelaySeconds": 30,
    "JitterStrategy": "FULL",
}

# The errors of S3 and Step Functions where Step Functions itself calls them: throttled, or out of reach. A denial is an
# S3Exception too, and must not hold up the run for long.
CALL_FAULTS = {
    "ErrorEquals": ["S3.S3Exception", "S3.SdkClientException", "Sfn.SfnException", "Sfn.SdkClientException"],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 3,
    "MaxDelaySeconds": 10,
    "JitterStrategy": "FULL",
}

# S3 refused to store a batch's results, such as with AccessDenied, and another try would process the batch for nothing.
RESULTS_REFUSED = {"ErrorEquals": ["ResultsRefused"], "MaxAttempts": 0}

# A batch that failed as a whole, or whose results could not be written: another try can't lose keys, and two tries take
# seconds.
BATCH_FAULTS = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxAttempts": 2,
    "MaxDelaySeconds": 10,
    "JitterStrategy": "FULL",
}
