import os
import time
from pathlib import Path

from core.kit.database import Database
from core.runs.retention import forget_folders, note_days, note_environment
from tests.core.building import open_shop


def test_the_folder_of_a_run_is_kept_as_long_as_its_job_says(db: Database, tmp_path: Path) -> None:
    shop = open_shop(db, tmp_path)
    ten_days_ago = time.time() - 10 * 86_400
    for name, days in (("short", "5"), ("long", "20"), ("usual", None)):
        folder = tmp_path / "runs" / name
        note_environment(folder, shop.environment_id)
        note_days(folder, days)
        for path in (*folder.iterdir(), folder):
            os.utime(path, (ten_days_ago, ten_days_ago))
    with db.session() as session:
        assert forget_folders(session, tmp_path, days=7) == 2
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["long"]
