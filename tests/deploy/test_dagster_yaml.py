"""What dagster.yaml promises, as Dagster itself understands it."""

from pathlib import Path

import yaml
from dagster import QueuedRunCoordinator

REPOSITORY = Path(__file__).parents[2]
SLOW_START_SECONDS = 60


def test_a_run_that_waited_through_a_stop_outwaits_the_start_of_the_code_server() -> None:
    config = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text())["run_coordinator"]["config"]
    queue = QueuedRunCoordinator(**config).get_run_queue_config()
    patience = queue.max_user_code_failure_retries * queue.user_code_failure_retry_delay
    assert patience >= SLOW_START_SECONDS
