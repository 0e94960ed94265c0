"""The demo on a shared store tells the same of its rings as on a folder."""

from pathlib import Path

import pytest

from graphfraud.cli.main import main
from graphfraud.store.server import Server
from tests.neo4j_server import on_the_oldest_server, wipe


@on_the_oldest_server
def test_the_rings_of_either_store_are_the_same_bytes(
    place: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wipe(place)
    told = []
    for name, words in (("folder", ()), ("shared", ("--store", place.uri))):
        with pytest.raises(SystemExit) as stop:
            main(["demo", str(tmp_path / name), "--rng-seed", "11", *words])
        assert stop.value.code == 0
        out = capsys.readouterr().out
        told.append(out[: out.index("page    ")].replace(str(tmp_path / name), ""))
    assert told[0] == told[1] and "points in all; evidence: " in told[0]
    for do in ("answer", "rings", "two_card"):
        for file in sorted((tmp_path / "folder" / do).glob("*.parquet")):
            assert file.read_bytes() == (tmp_path / "shared" / do / file.name).read_bytes(), f"{do}/{file.name}"
    pages = sorted((tmp_path / "folder").glob("*.html"))
    assert tmp_path / "folder" / "trace.html" in pages
    for page in pages:
        assert page.read_bytes() == (tmp_path / "shared" / page.name).read_bytes(), page.name
    for question in (("patterns", "--null-worlds", "2"), ("communities",), ("cycles", "--null-worlds", "0")):
        for name, store in (("folder", str(tmp_path / "folder" / "store")), ("shared", place.uri)):
            with pytest.raises(SystemExit):
                main([question[0], store, *question[1:], "--out", str(tmp_path / name / question[0])])
        for file in sorted((tmp_path / "folder" / question[0]).glob("*.parquet")):
            assert file.read_bytes() == (tmp_path / "shared" / question[0] / file.name).read_bytes(), (
                f"{question[0]}/{file.name}"
            )
