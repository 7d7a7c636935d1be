"""Amazon States Language as plain dicts: a distributed Map, the pipeline, and the permissions a definition needs.

Pure Python: nothing here imports cdktf or jsii, so that definitions and their permissions are tested in
milliseconds and can be used without Terraform.
"""
