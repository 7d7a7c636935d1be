"""A user's job, and the package that is built from it: pure Python, without CDKTF."""
