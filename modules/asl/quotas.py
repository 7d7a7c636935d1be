"""AWS's quotas that bound a definition: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html."""

# A state's input or output, as JSON in UTF-8.
MAX_PAYLOAD_BYTES = 256 * 1024
# Child executions of one Map Run that run at the same time, and what a MaxConcurrency of 0 means.
MAX_CONCURRENCY = 10_000
# Iterations of an inline Map that run at the same time.
MAX_INLINE_CONCURRENCY = 40
# Items of one Map Run.
MAX_ITEMS = 100_000_000
# The longest key of an S3 object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
KEY_MAX_BYTES = 1024
