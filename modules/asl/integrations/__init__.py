"""The permissions of optimized integrations, a service each, from AWS's documented policies.

https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""
