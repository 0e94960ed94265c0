"""What ``compose.yaml`` asks of Neo4j's image is what a server of that line knows."""

import re
from pathlib import Path

from graphfraud.store.server import LINES
from tests.neo4j_server import driver_of, on_servers

COMPOSE = Path(__file__).parents[2] / "compose.yaml"


def settings() -> dict[str, str]:
    """Return the settings by name; the image's rule: a dot is written as one underscore, an underscore as two."""
    named = re.findall(r'^ +NEO4J_([a-z]\w+): "?(.+?)"?$', COMPOSE.read_text(encoding="utf-8"), re.M)
    return {name.replace("__", "\0").replace("_", ".").replace("\0", "_"): value for name, value in named}


def test_its_image_is_of_the_long_term_line() -> None:
    assert re.findall(r"image: neo4j:([\d.]+)-community", COMPOSE.read_text(encoding="utf-8")) == ["5.26"]
    assert "5.26" in LINES


@on_servers
def test_its_settings_are_known_to_the_server(place) -> None:
    with driver_of(place) as driver:
        shown = {row["name"] for row in driver.execute_query("SHOW SETTINGS YIELD name RETURN name").records}
    assert len(settings()) == 4
    assert settings().keys() <= shown


def test_its_ports_are_on_loopback_only() -> None:
    ports = re.findall(r'^ +- "([^"]+:\d+:\d+)"$', COMPOSE.read_text(encoding="utf-8"), re.M)
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)
