"""What watches the runs: alarms, their topic, and the dashboard."""
