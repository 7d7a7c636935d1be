"""The pipeline's definition and the states of each key source: plain dicts, no CDKTF."""
