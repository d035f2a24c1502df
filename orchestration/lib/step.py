"""One dbt command of a run: start it, record what it does, keep what it leaves."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster import OpExecutionContext
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.core.dbt_cli_event import DbtCliEventMessage

from core.artifacts import service as artifacts
from core.artifacts import states
from core.artifacts.arrival import Arrival
from core.artifacts.projects import parse_folder
from core.environments.models import Environment
from core.kit.errors import WorkbenchError
from core.runs import recording
from core.runs.commands import Step, dbt_args
from core.runs.dbt_process import DbtProcess, dbt_process, load_values, remove_profile, write_profile
from core.runs.log import LogWriter, run_folder
from core.runs.ports import RETENTION_TAG
from core.runs.recording import NodeReport, StepContext
from core.runs.retention import note_days, note_environment
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from orchestration.lib.invocation import RawLine, TeeInvocation, WorkbenchDbt
from orchestration.lib.node_writer import NodeWriter
from orchestration.lib.reports import node_report
from orchestration.lib.services import Services

PARTIAL_PARSE = "partial_parse.msgpack"
STOP_SECONDS = 8
USAGE_OR_PARSE_ERROR = 2
MESSAGE_LENGTH = 8000
# What `dbt debug` finds is no error to it, so it logs it at level info.
DEBUG_RESULT = "DebugCmdResult"
CANCELLED = "Cancelled."
LEVEL_OF = {"success": "info", "cancelled": "warn"}


@dataclass(frozen=True)
class Place:
    """Where a step runs: for whom, in which run, with which target."""

    services: Services
    workspace: Workspace
    environment: Environment
    run_id: str

    def target_path(self, step: int) -> Path:
        """A target folder that no other step or run shares."""
        return run_folder(self.services.settings.data_dir, self.run_id) / "steps" / str(step) / "target"


@dataclass
class Outcome:
    """How a step ended, and the manifest it left."""

    status: str = "failed"
    exit_code: int | None = None
    message: str | None = None


class StepRunner:
    """Runs one step. `events` yields each event of dbt; afterwards `outcome` says how it ended."""

    def __init__(
        self, place: Place, index: int, step: Step, log: LogWriter, is_cancelling: Callable[[], bool]
    ) -> None:
        self._place = place
        self._step = step
        self.index = index
        self._log = log
        self._is_cancelling = is_cancelling
        self._context = StepContext(
            place.workspace.id, place.environment.id, place.run_id, index, step.command
        )
        self._seen: dict[str, str] = {}
        self._writer = NodeWriter(place.services.db, self._context)
        self.target = place.target_path(index)
        self.outcome = Outcome()
        self._process: DbtProcess | None = None
        self._found_by_debug: list[str] = []

    def events(
        self,
        manifest: Mapping[str, Any],
        translator: DagsterDbtTranslator,
        context: OpExecutionContext | None,
    ) -> Iterator[tuple[TeeInvocation, DbtCliEventMessage]]:
        """Run dbt to its end. Whatever happens, the step's end is recorded and its artifacts are kept."""
        self._begin(None if context is None else context.run.tags.get(RETENTION_TAG))
        invocation: TeeInvocation | None = None
        try:
            self._bring_state()
            invocation = self._start(manifest, translator, context)
            for event in invocation.stream_raw_events():
                yield invocation, event
            self._conclude(invocation)
        except (DagsterExecutionInterruptedError, KeyboardInterrupt):
            self.outcome = Outcome("cancelled", None, CANCELLED)
            raise
        except OSError as error:
            self.outcome = Outcome("failed", None, f"dbt could not be started: {error}.")
        except WorkbenchError as error:
            self.outcome = Outcome("failed", None, f"{error.message} {error.hint or ''}".strip())
            self._log.write(str(self.outcome.message), step=self.index, level="error", event="NotStarted")
        except GeneratorExit:
            self.outcome = Outcome("failed", None, "The run ended before dbt did.")
            raise
        finally:
            self._end(invocation)

    def _begin(self, kept_days: str | None) -> None:
        self.target.mkdir(parents=True, exist_ok=True)
        note_environment(self.target.parents[2], self._place.environment.id)
        note_days(self.target.parents[2], kept_days)
        partial = (
            parse_folder(self._place.services.settings.data_dir, self._place.workspace.key) / PARTIAL_PARSE
        )
        if partial.exists():
            shutil.copyfile(partial, self.target / PARTIAL_PARSE)
        with self._place.services.db.session() as session:
            recording.begin_step(session, self._context, self._step.display, self._step.options)
        self._log.write(self._step.display, step=self.index, event="StepBegan")

    def _bring_state(self) -> None:
        """What the step compares with or defers to, as it is at this moment, into a folder of its own."""
        place = self._place
        with place.services.db.session() as session:
            state = states.state_of(session, place.services.store, place.environment, self._step)
        if state is None:
            return
        folder = self.target.parent / "state"
        states.write_state(place.services.store, state, folder)
        self._step = self._step.with_state(str(folder))
        said = ", ".join(state.files)
        self._log.write(f"State: {said} of {state.place}", step=self.index, event="StateBrought")

    def _start(
        self,
        manifest: Mapping[str, Any],
        translator: DagsterDbtTranslator,
        context: OpExecutionContext | None,
    ) -> TeeInvocation:
        place = self._place
        process = self._process = self._prepare()
        write_profile(process)
        resource = WorkbenchDbt.model_construct(project_dir=place.workspace.project_dir)
        return resource.start(
            process.words,
            env=process.env,
            target_path=self.target,
            manifest=manifest,
            translator=translator,
            context=context,
            listener=self._hear,
            mask=process.masker.mask if process.secrets else None,
        )

    def _prepare(self) -> DbtProcess:
        """The process in its environment, with the variables and secrets of this moment."""
        place, settings = self._place, self._place.services.settings
        with place.services.db.session() as session:
            values = load_values(session, settings, place.environment)
        args = dbt_args(self._step)
        return dbt_process(settings, place.workspace, place.environment, args, self.target, values)

    def _hear(self, line: RawLine) -> None:
        if isinstance(line, str):
            if line:
                self._log.write(line, step=self.index)
            return
        self._log.write_event(line, step=self.index)
        if line["info"].get("name") == DEBUG_RESULT:
            self._found_by_debug.append(str(line["info"].get("msg", "")))
        report = node_report(line)
        if report is not None:
            self._record(report)

    def _record(self, report: NodeReport) -> None:
        """Write a node when its state changes: dbt sends many events about one node."""
        if self._seen.get(report.unique_id) in {report.status, "done"}:
            return
        self._seen[report.unique_id] = report.status if report.status == "running" else "done"
        self._writer.put(report)

    def _conclude(self, invocation: TeeInvocation) -> None:
        code = invocation.process.wait()
        if code == 0:
            self.outcome = Outcome("success", code)
            return
        words = invocation.error_messages or [text for text in self._found_by_debug if "[OK" not in text]
        said = dict.fromkeys(_without_traceback(text) for text in words)
        message = "\n".join(text for text in ([_ending(code)] if code < 0 else []) + [*said] if text)
        message = message or _ending(code)
        self.outcome = Outcome("failed", code, message[:MESSAGE_LENGTH])

    def _end(self, invocation: TeeInvocation | None) -> None:
        if invocation is not None:
            invocation.stop(STOP_SECONDS)
        # An interrupt may surface outside of `events`, or as an error of whatever it cut short.
        if self.outcome.status == "failed" and self._is_cancelling():
            self.outcome = Outcome("cancelled", self.outcome.exit_code, CANCELLED)
        try:
            self._clean_up()
            self._writer.close()
            self._report_artifacts()
        finally:
            self._record_end()

    def _clean_up(self) -> None:
        """What dbt leaves may hold secrets that the project has rendered: they are taken out of it."""
        if self._process is not None:
            remove_profile(self._process)
            self._process.masker.clean_folder(self.target)

    def _report_artifacts(self) -> None:
        for name, reason in self._keep_artifacts():
            text = f"{name} was put aside: {reason}"
            self._log.write(text, step=self.index, level="warn", event="ArtifactRefused")

    def _record_end(self) -> None:
        with self._place.services.db.session() as session:
            recording.end_step(
                session,
                self._context,
                status=self.outcome.status,
                exit_code=self.outcome.exit_code,
                message=self.outcome.message,
            )
            if self._says_broken():
                row = session.get_one(Workspace, self._place.workspace.id)
                workspaces.mark_broken(row, self.outcome.message or "dbt gave no reason.")
        level = LEVEL_OF.get(self.outcome.status, "error")
        text = f"Step {self.index} ended: {self.outcome.status}"
        self._log.write(text, step=self.index, level=level, event="StepEnded")

    def _says_broken(self) -> bool:
        """Dbt gave up before it had read the project: it writes the manifest as soon as it has."""
        parses = self._step.command not in {"deps", "debug"}
        return (
            parses
            and self.outcome.exit_code == USAGE_OR_PARSE_ERROR
            and not (self.target / "manifest.json").exists()
        )

    def _keep_artifacts(self) -> list[tuple[str, str]]:
        """Store and ingest what dbt left; returns what was refused, and why."""
        place = self._place
        arrival = Arrival(
            place.workspace.id, place.environment.id, "run", place.run_id, self.index, self._step.command
        )
        taken = artifacts.collect(place.services.db, place.services.store, arrival, self.target)
        self._keep_partial_parse()
        return [(record.name, record.message or "") for record in taken.records]

    def _keep_partial_parse(self) -> None:
        """The next run parses only what changed since this one."""
        partial = self.target / PARTIAL_PARSE
        if partial.exists():
            folder = parse_folder(self._place.services.settings.data_dir, self._place.workspace.key)
            folder.mkdir(parents=True, exist_ok=True)
            partial.replace(folder / PARTIAL_PARSE)


def _without_traceback(text: str) -> str:
    """What dbt says, without where in dbt it says it; the log has both."""
    return re.split(r"^Traceback \(most recent call last\)", text, maxsplit=1, flags=re.MULTILINE)[0].strip()


def _ending(code: int) -> str:
    """How a dbt that said nothing ended; a signal shows as a negative code."""
    if code < 0:
        return f"dbt was killed by signal {-code}, for example because memory ran out."
    return f"dbt ended with code {code}."
