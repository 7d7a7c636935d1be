"""What passes when it is tried again, by error name: retriers for a state's Retry, each bounded and jittered."""

# A function runs for 900 s at most; an answer that is not there by then was lost on its way.
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

# Throttling passes when other invocations end: worth waiting for, minutes if need be.
THROTTLING = {
    "ErrorEquals": ["Lambda.TooManyRequestsException"],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 8,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}

# What can strike a function once and not again: it crashed, ran out of time, or S3 throttled it and was out of reach.
# By name, so that AccessDenied or a bucket that isn't there fails the run at once.
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

# S3 and Step Functions, called by Step Functions itself: throttled, or out of reach. A denial is an S3Exception as
# well, and must not hold up the run for long.
CALL_FAULTS = {
    "ErrorEquals": ["S3.S3Exception", "S3.SdkClientException", "Sfn.SfnException", "Sfn.SdkClientException"],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 3,
    "MaxDelaySeconds": 10,
    "JitterStrategy": "FULL",
}

# A batch that failed as a whole: keys can't be lost by trying again, and two tries are over in seconds.
BATCH_FAULTS = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxAttempts": 2,
    "MaxDelaySeconds": 10,
    "JitterStrategy": "FULL",
}
