"""Amazon States Language as plain dicts: a distributed Map, and the permissions that a definition needs.

Pure Python: nothing here imports cdktf or jsii, so definitions and their permissions can be used without Terraform, and
are tested in milliseconds.
"""
