"""What watches the runs: alarms, the topic that they notify, and the dashboard."""
