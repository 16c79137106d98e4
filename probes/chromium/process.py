"""The daemon's side of one worker process: started, asked, and killed with everything that it started."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import orjson

import probes
from probes.chromium import launch
from probes.chromium.folders import own_folder
from probes.chromium.processes import end
from probes.failure import OwnFault
from probes.sample import Fault

LONGEST_ANSWER = 16 * 1024 * 1024
_TAIL = 2000
_GONE = 2.0
_LAST_WORDS = 0.5
_ROOT = Path(next(iter(probes.__path__))).parent


class WorkerGone(OwnFault):
    """The worker ended, or did not answer: what it was asked for is not known."""

    def __init__(self, words: str) -> None:
        super().__init__(Fault.INTERNAL, words)


class WorkerProcess:
    """A worker that runs. Made by :meth:`start`."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, stack: ExitStack) -> None:
        self.asked = 0
        """How many visits it was asked for."""
        self.folder = folder
        self._process = process
        self._stack = stack
        self._group: int | None = None
        self._killed = False
        self._said = bytearray()
        self._draining = asyncio.create_task(self._drain(), name="words of the browser's worker")

    @classmethod
    async def start(cls) -> Self:
        """A new worker.

        Raises:
            OwnFault: it can't be started.
        """
        stack = ExitStack()
        try:
            folder = stack.enter_context(own_folder())
            command = [sys.executable, "-m", "probes.chromium.worker", str(folder)]
            process = await asyncio.create_subprocess_exec(
                *launch.leashed(command, os.getpid(), limits={"RLIMIT_CORE": 0}),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=LONGEST_ANSWER,
                start_new_session=True,
                cwd=folder,
                env=_environment(folder),
            )
        except OSError as error:
            stack.close()
            raise OwnFault(Fault.INTERNAL, f"the browser's worker can't be started: {error}") from error
        return cls(process, folder, stack)

    @property
    def running(self) -> bool:
        """Whether it can be asked."""
        return self._process.returncode is None and not self._killed

    async def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to ``question``.

        A worker that gives none within ``seconds`` is killed, as is one whose answer nobody waits for.

        Raises:
            WorkerGone: there was none.
        """
        answered = False
        try:
            async with asyncio.timeout(seconds):
                answer = await self._ask(question)
            answered = True
        except TimeoutError as error:
            raise WorkerGone(f"the browser gave no answer within {seconds:.3g} s and was killed") from error
        finally:
            if not answered:
                self.kill()
        self._group = answer.pop("group", None)
        return answer

    async def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = b""
        with suppress(OSError, ValueError):  # it is gone, or says more than it may
            self._process.stdin.write(orjson.dumps(question) + b"\n")
            await self._process.stdin.drain()
            line = await self._process.stdout.readline()
        try:
            answer: dict[str, Any] = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            await asyncio.wait({self._draining}, timeout=_LAST_WORDS)
            words = self._said.decode(errors="replace").strip().rpartition("\n")[2]
            raise WorkerGone(f"the browser's worker ended: {words or 'it said nothing'}") from error
        return answer

    def kill(self) -> None:
        """End the worker and all that it started, at once."""
        self._killed = True
        for group in (self._browser_group(), self._process.pid):
            end(group)

    async def close(self, *, patience: float = 5.0) -> None:
        """Let the worker end, then see to it that nothing is left of it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience if self.running else 0.001):
                self._process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
                await self._process.wait()
        self.kill()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GONE):
                await self._process.wait()
        self._draining.cancel()
        with suppress(asyncio.CancelledError):
            await self._draining
        # The pipes of what outlived it would keep the transport open.
        self._process._transport.close()  # type: ignore[attr-defined]
        await asyncio.to_thread(self._stack.close)

    def _browser_group(self) -> int | None:
        """The browser's process group, by what the browser itself wrote down when it was started."""
        groups = [self._group] if self._group else []
        for note in self.folder.glob(f"browser-*/{launch.PID_FILE}"):
            with suppress(OSError, ValueError):
                groups.append(int(note.read_text()))
        return groups[-1] if groups else None

    async def _drain(self) -> None:
        assert self._process.stderr is not None
        while words := await self._process.stderr.read(4096):
            self._said += words
            del self._said[:-_TAIL]


def _environment(folder: Path) -> dict[str, str]:
    """Ours, with temporary files in ``folder``, and where our own code is."""
    return {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
