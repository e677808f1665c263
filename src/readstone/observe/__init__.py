"""What the operator sees: metrics, traces, logs."""
