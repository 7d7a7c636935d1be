"""What a run takes and costs: quotas, measured rates and prices."""
