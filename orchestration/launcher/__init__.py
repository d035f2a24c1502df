"""How runs are started on one machine. Beyond it, `dagster.yaml` names Dagster's own launchers."""
