import json
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.runs.log import LogTail, LogWriter, log_path, read_log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return log_path(tmp_path, "run-1")


def write(path: Path, *texts: str) -> None:
    with LogWriter(path) as log:
        for text in texts:
            log.write(text, step=1)


def test_lines_are_numbered_from_one_and_a_second_writer_counts_on(path: Path) -> None:
    write(path, "one", "two")
    write(path, "three")
    assert [(line.line, line.text) for line in read_log(path)] == [(1, "one"), (2, "two"), (3, "three")]


def test_a_log_that_is_not_there_is_empty(path: Path) -> None:
    assert list(read_log(path)) == []
    assert LogTail(path).read() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=()), max_size=10), max_size=6),
    st.integers(1, 8),
    st.integers(1, 4),
)
def test_a_reader_resumes_at_any_line(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], first: int, limit: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    write(path, *texts)
    kept = [text.encode("utf-8", "replace").decode() for text in texts]
    assert [line.text for line in read_log(path)] == kept
    assert [line.line for line in read_log(path, first)] == list(range(1, len(texts) + 1))[first - 1 :]
    tail, seen = LogTail(path, first), []
    while lines := tail.read(limit):
        assert len(lines) <= limit
        seen += lines
    assert seen == list(read_log(path, first))


def test_a_tail_gives_only_whole_lines_and_each_once(path: Path) -> None:
    write(path, "one")
    tail = LogTail(path)
    assert [line.text for line in tail.read()] == ["one"]
    assert tail.read() == []
    whole = path.read_text().splitlines()[0].replace("one", "two").replace('"line": 1', '"line": 2') + "\n"
    for cut in (whole[:10], whole[10:-1]):
        with path.open("a") as file:
            file.write(cut)
        assert tail.read() == []
        assert len(list(read_log(path))) == 1
    with path.open("a") as file:
        file.write("\n")
    assert [(line.line, line.text) for line in tail.read()] == [(2, "two")]


def test_two_readers_do_not_disturb_each_other(path: Path) -> None:
    write(path, "one", "two")
    first, second = LogTail(path), LogTail(path, 2)
    assert len(first.read()) == 2
    write(path, "three")
    assert [line.line for line in second.read()] == [2, 3]
    assert [line.line for line in first.read()] == [3]


def test_readers_follow_a_writer_that_is_at_work(path: Path) -> None:
    count = 500
    writer = threading.Thread(
        target=write, args=(path, *(f"line {n} {'x' * n * 20}" for n in range(1, count + 1)))
    )
    tails = [(LogTail(path), []), (LogTail(path, 200), [])]
    writer.start()
    alive = True
    while alive:
        alive = writer.is_alive()
        for tail, seen in tails:
            seen += [line.line for line in tail.read(1000)]
    writer.join()
    assert [seen for _, seen in tails] == [list(range(1, count + 1)), list(range(200, count + 1))]


def test_a_line_torn_by_a_crash_is_shown_and_spoils_no_other(path: Path) -> None:
    write(path, "one", "two")
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    assert [line.text for line in read_log(path)] == ["one"]
    write(path, "three")
    lines = list(read_log(path))
    assert [line.line for line in lines] == [1, 2, 3]
    assert (lines[2].text, lines[1].level) == ("three", "warn")
    assert lines[1].text.startswith('{"line": 2')


@pytest.mark.parametrize(
    "raw",
    [
        "[]",
        "3",
        "{}",
        "null",
        '{"at":"","level":"loud","event":"","step":1,"unique_id":null,"text":""}',
        "\x00\xff",
    ],
)
def test_a_line_of_another_shape_is_shown_as_it_is(path: Path, raw: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(raw.encode("latin-1") + b"\n")
    write(path, "next")
    first, second = read_log(path)
    assert (first.line, first.level, first.step, first.unique_id) == (1, "warn", 0, None)
    assert (second.line, second.text) == (2, "next")


def test_an_event_of_dbt_becomes_a_line(path: Path) -> None:
    event = {
        "info": {
            "level": "warn",
            "name": "LogTestResult",
            "msg": "2 of 3 WARN",
            "ts": "2026-01-01T00:00:00Z",
        },
        "data": {"node_info": {"unique_id": "test.shop.t"}},
    }
    with LogWriter(path) as log:
        log.write_event(event, step=2)
        log.write_event({"info": {"level": "dynamic"}}, step=2)
    first, second = read_log(path)
    assert (first.level, first.event, first.text, first.step) == ("warn", "LogTestResult", "2 of 3 WARN", 2)
    assert (first.unique_id, first.at) == ("test.shop.t", "2026-01-01T00:00:00Z")
    assert (second.level, second.event, second.unique_id) == ("info", "text", None)


def test_lines_of_text_stay_one_line_of_json(path: Path) -> None:
    write(path, "a\nb\r\u2028c")
    assert path.read_bytes().count(b"\n") == 1
    assert json.loads(path.read_text(encoding="utf-8"))["text"] == "a\nb\r\u2028c"
