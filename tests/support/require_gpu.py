"""A plugin of pytest: a run in which no test met a GPU has failed, whatever was skipped."""

from __future__ import annotations

import pytest

NOTHING_RAN = "No test ran on a GPU; the skips above say why."


class RequireGpu:
    """Counts the tests that ran on a GPU."""

    def __init__(self) -> None:
        """Start at none."""
        self.num_run = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test of the marker `gpu` that was not skipped."""
        self.num_run += report.when == "call" and "gpu" in report.keywords and not report.skipped

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail where nothing ran."""
        if not self.num_run and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say so."""
        if not self.num_run:
            terminalreporter.write_line(NOTHING_RAN, red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Take part in the run."""
    config.pluginmanager.register(RequireGpu())
