"""dbt through dagster-dbt, in an environment and a target folder of our choosing."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

import msgspec
from dagster import OpExecutionContext
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation, DbtCliResource
from packaging import version

from orchestration.lib.children import spawn_dbt

RawLine = str | dict[str, Any]
# What a child of dbt holds open is not waited for.
HEARD_SECONDS = 10


@dataclass
class TeeInvocation(DbtCliInvocation):
    """Shows every raw line of dbt to a listener before dagster-dbt reads it, also those that are no JSON."""

    listener: Callable[[RawLine], None] | None = field(default=None)
    # Takes secrets out of a raw line before anybody else sees it.
    mask: Callable[[bytes], bytes] | None = field(default=None)
    _reader: Thread | None = field(default=None, init=False)

    def _stream_stdout(self) -> Iterator[RawLine]:
        """Replaces dagster-dbt's, whose bare `except` around a line swallows an interrupt there.

        A thread reads, so that what dbt says is heard at once, however long Dagster takes over each event.
        """
        output = self.process.stdout
        if output is None or output.closed:
            return
        heard: SimpleQueue[RawLine | BaseException | None] = SimpleQueue()
        self._reader = Thread(target=self._read, args=(output, heard), daemon=True)
        self._reader.start()
        while (line := heard.get()) is not None:
            if isinstance(line, BaseException):
                raise line
            yield line
        self._reader.join()

    def _read(self, output: IO[bytes], heard: "SimpleQueue[RawLine | BaseException | None]") -> None:
        try:
            with output:
                for raw in output:
                    line = _parsed(raw if self.mask is None else self.mask(raw))
                    if not isinstance(line, str) and line["info"].get("level") == "error":
                        self._error_messages.append(str(line["info"].get("msg", "")))
                    if self.listener is not None:
                        self.listener(line)
                    heard.put(line)
        except BaseException as error:  # noqa: BLE001 - raised where the lines are awaited
            heard.put(error)
        finally:
            heard.put(None)

    @property
    def error_messages(self) -> list[str]:
        """What dbt logged at level error."""
        return list(self._error_messages)

    def stop(self, seconds: float) -> None:
        """See that dbt is gone, asked first, killed after `seconds`, and that all it said was heard."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._reader is not None:
            self._reader.join(HEARD_SECONDS)


def _parsed(raw: bytes) -> RawLine:
    """An event of dbt, or the line as text where it is none."""
    text = raw.decode(errors="replace").strip()
    try:
        event: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    is_event = isinstance(event, dict) and isinstance(event.get("info"), dict)
    return {"data": {}, **event} if is_event else text


class WorkbenchDbt(DbtCliResource):
    """dagster-dbt's resource, with the environment of the process given whole.

    Its own `cli` hands the server's whole environment to dbt, asks `dbt --version` in a process of
    its own and builds an adapter here; each costs seconds or leaks secrets.
    """

    def start(
        self,
        words: Sequence[str],
        *,
        env: Mapping[str, str],
        target_path: Path,
        manifest: Mapping[str, Any],
        translator: DagsterDbtTranslator,
        context: OpExecutionContext | None,
        listener: Callable[[RawLine], None],
        mask: Callable[[bytes], bytes] | None = None,
    ) -> TeeInvocation:
        """Start dbt with these words; the first is its executable. It dies with this process."""
        process = spawn_dbt(words, env, os.fspath(self.project_dir))
        return TeeInvocation(
            process=process,  # pyright: ignore[reportArgumentType] - as much of a Popen as is used
            manifest=manifest,
            dagster_dbt_translator=translator,
            project_dir=Path(os.fspath(self.project_dir)),
            target_path=target_path,
            raise_on_error=False,
            context=context,
            cli_version=version.parse(installed_version("dbt-core")),
            listener=listener,
            mask=mask,
        )
