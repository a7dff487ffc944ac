"""What every test gets: the server that the environment names, and an HTML page where it can be had."""

import os

import pytest

from server import Server


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option with which this suite shows what a failing run looks like."""
    parser.addoption(
        "--capital", default="Paris", help="the capital of France that the server is to name"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Asks pytest-html, where it is installed, for a page in the report's folder."""
    folder = os.environ.get("GPU_CI_REPORT_DIR")
    if folder and config.pluginmanager.hasplugin("html") and not config.option.htmlpath:
        config.option.htmlpath = os.path.join(folder, "pytest.html")


@pytest.fixture(scope="session")
def server() -> Server:
    """The server that is tested."""
    return Server(os.environ["GPU_CI_SERVER_URL"], os.environ["GPU_CI_MODEL"])
