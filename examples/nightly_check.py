"""A definition as it comes from elsewhere: YAML and JSONPath, with placeholders `${…}` for SAM or Terraform to fill.

A distributed Map checks the uploads in one branch of a Parallel, while the other branch announces the check.
Input: `{"day": "2026-11-20"}`. Output: the keys that were checked, and what was announced.
"""

from pathlib import Path

DEFINITION = Path(__file__).with_name("nightly_check.asl.yaml")


def substitutions(
    *, check_function_arn: str, announce_function_arn: str, bucket: str, prefix: str
) -> dict[str, object]:
    """The values of the definition's placeholders."""
    return {
        "CheckFunctionArn": check_function_arn,
        "AnnounceFunctionArn": announce_function_arn,
        "UploadsBucket": bucket,
        "UploadsPrefix": prefix,
        "MaxConcurrency": 40,
    }
