"""Starts a real Neo4j Community server from Maven Central's jars, for tests, benchmarks and ``make neo4j``.

One process on loopback, authentication on, a random password, data in a folder of the caller's choice. The jars (118 MB,
GPL-3.0) are fetched once into a cache folder and never become part of this project. The server ends with the process
that started it: on leaving the ``with`` block, at exit, on a signal, and even if that process is killed.
"""

import argparse
import atexit
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from graphfraud.errors import StoreError

USER = "neo4j"
SHORT_LIVED = ("-XX:TieredStopAtLevel=1",)
"""Java flags of a program that ends before optimising its code would pay."""

STARTS_WITHIN_S = 180
STOPS_WITHIN_S = 60
_HANDSHAKE = b"\x60\x60\xb0\x17" + b"\x00\x08\x08\x05" + b"\x00" * 12  # "Bolt 5.8 down to 5.0, please"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of Neo4j releases: the version fetched, its main class, and the Java releases it runs on."""

    version: str
    main: str
    java_min: int
    java_max: int


LINES = {
    "5.26": Line("5.26.30", "org.neo4j.server.CommunityEntryPoint", 17, 21),
    "2026": Line("2026.08.1", "org.neo4j.server.Neo4jCommunity", 21, 99),
}
"""The long-term line, and the newest."""

_OPENS = tuple(
    f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
)

_CONF = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.directories.data=data
server.directories.import=import
server.memory.heap.initial_size={heap}
server.memory.heap.max_size={heap}
server.memory.pagecache.size={pagecache}
db.tx_log.rotation.retention_policy=2 files
dbms.usage_report.enabled=false
"""


def cache_folder() -> Path:
    """Return where jars are kept: ``GRAPHFRAUD_CACHE``, else the user's cache folder."""
    if named := os.environ.get("GRAPHFRAUD_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "graphfraud"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/graphfraud"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graphfraud"


@cache
def _release(java: str) -> int:
    """Return the Java release a program is, 0 if it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=60).stderr
    except OSError:
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


def _javas() -> Iterator[str]:
    for name in ("JAVA_HOME", *sorted(n for n in os.environ if n.startswith(("GRAPHFRAUD_JAVA", "JAVA_HOME_")))):
        if home := os.environ.get(name):
            yield str(Path(home) / "bin/java") if Path(home).is_dir() else home
    if found := shutil.which("java"):
        yield found
    for root in ("/usr/lib/jvm", "/Library/Java/JavaVirtualMachines"):
        yield from sorted(map(str, Path(root).glob("*/bin/java")))
        yield from sorted(map(str, Path(root).glob("*/Contents/Home/bin/java")))


def java_for(line: Line) -> str | None:
    """Return a Java that runs the line, the oldest that does, or None.

    Looks at ``JAVA_HOME``, ``GRAPHFRAUD_JAVA*``, ``JAVA_HOME_*``, the search path and the usual folders.
    """
    fitting = [(release, java) for java in _javas() if line.java_min <= (release := _release(java)) <= line.java_max]
    return min(fitting, default=(0, None), key=lambda found: found[0])[1]


def missing(line: Line) -> str | None:
    """Return one line that tells what to install, or None if the server can be started here."""
    if java_for(line) is None:
        return f"Neo4j {line.version} needs Java {line.java_min}: install openjdk-{line.java_min}-jre-headless or set JAVA_HOME"
    if not _jars_folder(line).is_dir() and shutil.which("mvn") is None:
        return f"Neo4j {line.version} is fetched with Maven: install the package maven"
    return None


def _jars_folder(line: Line) -> Path:
    return cache_folder() / f"neo4j-{line.version}" / "lib"


def jars(line: Line) -> Path:
    """Return the folder with the server's jars, fetched with Maven at the first call.

    Raises
    ------
    StoreError
        If Maven is missing or cannot fetch them.
    """
    ready = _jars_folder(line)
    if ready.is_dir():
        return ready
    if (lack := missing(line)) is not None:
        raise StoreError(f"Neo4j {line.version}", "no server on this machine", "its jars", lack + ".")
    ready.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ready.parent) as work:
        pom = Path(work) / "pom.xml"
        pom.write_text(Path(__file__).with_name("server.pom.xml").read_text(encoding="utf-8"), encoding="utf-8")
        asked = [f"-Dneo4j.version={line.version}", f"-Dlib.dir={work}/lib"]
        done = subprocess.run(
            ["mvn", "-q", "-B", "-ntp", "-f", str(pom), *asked, "package"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StoreError(
                f"Neo4j {line.version}",
                f"Maven could not fetch it: {' '.join(done.stdout.split())[-400:]}",
                "the jars of org.neo4j:neo4j",
                "Check Maven's settings and the network, then try again.",
            )
        with suppress(OSError):  # another process was quicker: its folder is as good
            (Path(work) / "lib").rename(ready)
    return ready


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """A Neo4j server of one's own.

    Parameters
    ----------
    home : Path
        Its folder; data, logs and the password (mode 0600) stay there between starts.
    line : Line
        Which release.
    heap, pagecache : str
        Memory, as Neo4j writes it.
    port : int
        Bolt port on loopback; 0 picks a free one.
    conf : sequence of str
        Further lines of ``neo4j.conf``.
    java_flags : sequence of str
        Further flags of its Java, such as :data:`SHORT_LIVED`.
    """

    home: Path
    line: Line
    heap: str = "512m"
    pagecache: str = "256m"
    port: int = 0
    conf: Sequence[str] = ()
    java_flags: Sequence[str] = ()
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)

    @property
    def uri(self) -> str:
        """Address for the driver and for ``graphfraud``."""
        return f"neo4j://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        """Random, made at the first start and kept in the server's folder."""
        return (self.home / "password").read_text(encoding="utf-8").strip()

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises
        ------
        StoreError
            If Java or the jars are missing, or the server does not answer in time.
        """
        java, lib = java_for(self.line), jars(self.line)
        if java is None:
            raise StoreError(f"Neo4j {self.line.version}", "no fitting Java", "Java", f"{missing(self.line)}.")
        self.port = self.port or free_port()
        self._lay_out()
        if not (self.home / "password").exists():
            _private(self.home / "password", secrets.token_hex(16))
            self.admin("dbms", "set-initial-password", self.password)
        flags = [
            "-XX:+UseG1GC", f"-Xms{self.heap}", f"-Xmx{self.heap}", "-Dfile.encoding=UTF-8",
            "-Dio.netty.tryReflectionSetAccessible=true", *_OPENS, *self.java_flags,
        ]  # fmt: skip
        with (self.home / "logs/console.log").open("ab") as log:
            self._process = kept(
                [java, *flags, "-cp", f"{self.home}/plugins/*:{self.home}/conf/*:{lib}/*", self.line.main,
                 f"--home-dir={self.home}", f"--config-dir={self.home}/conf", "--console-mode"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment(),
            )  # fmt: skip
        atexit.register(self.kill)
        self._await_answer()

    def _lay_out(self) -> None:
        self.home = self.home.resolve()
        for name in ("conf", "data", "logs", "run", "import", "plugins"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        text = _CONF.format(port=self.port or free_port(), heap=self.heap, pagecache=self.pagecache)
        # The server's own flags are given below; these are for the second process that neo4j-admin starts.
        lines = [text, *(f"server.jvm.additional={flag}\n" for flag in _OPENS), *(f"{line}\n" for line in self.conf)]
        (self.home / "conf/neo4j.conf").write_text("".join(lines), encoding="utf-8")

    def _await_answer(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as wire:
                wire.sendall(_HANDSHAKE)
                if len(wire.recv(4)) == 4:
                    return
            time.sleep(0.1)
        self.kill()
        tail = " ".join((self.home / "logs/console.log").read_text(encoding="utf-8", errors="replace").split())[-600:]
        raise StoreError(
            f"Neo4j {self.line.version}", f"no answer: {tail}", "a server on loopback", "See logs/console.log in its folder."
        )

    def stop(self) -> None:
        """End the server in order; kill it if it takes too long."""
        if self._process is not None and self._process.poll() is None:
            _signal(self._process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOPS_WITHIN_S)
        self.kill()

    def kill(self) -> None:
        """End the server at once; its next start recovers from the log."""
        atexit.unregister(self.kill)
        if self._process is not None:
            _end(self._process)
            self._process = None

    def wait(self) -> int:
        """Wait until the server ends by itself."""
        assert self._process is not None
        return self._process.wait()

    def admin(self, *words: str) -> str:
        """Run ``neo4j-admin`` of the same release on this home and return what it says; the server must be down.

        Raises
        ------
        StoreError
            If the command fails.
        """
        java = java_for(self.line)
        assert java is not None
        self._lay_out()
        command = [
            *(SHORT_LIVED if words[0] == "dbms" else ("-XX:+UseParallelGC",)),
            f"-Xmx{self.heap}", *_OPENS, "-cp", f"{jars(self.line)}/*", f"-Dbasedir={self.home}",
            "org.neo4j.cli.AdminTool", *words,
        ]  # fmt: skip
        # Words go through a file that only its owner can read: a command line is visible to every user of the machine.
        arguments = self.home / "run/admin.arguments"
        _private(arguments, "\n".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in command))
        try:
            tool = kept(
                [java, f"@{arguments}"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env=self._environment(), cwd=self.home,
            )  # fmt: skip
            try:
                said = tool.communicate()[0].decode(errors="replace")
            finally:
                _end(tool)
        finally:
            arguments.unlink()
        if tool.returncode:
            what = f"neo4j-admin {words[0]} {words[1]}"
            raise StoreError(what, " ".join(said.split())[-600:], "success", "Correct what it names and run it again.")
        return said

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
        return {**kept, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}


def kept(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Start a program, leader of a group of its own, that ends when this process is gone, however it went."""
    if os.name == "posix":
        keeper = Path(__file__).with_name("keeper.py")
        command = [sys.executable, "-I", "-S", str(keeper), str(os.getpid()), *command]
    return subprocess.Popen(command, start_new_session=True, **options)


def _signal(program: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """Send a signal to a program's whole group."""
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(program.pid, number)
    else:
        program.send_signal(number)


def _end(program: "subprocess.Popen[bytes]") -> None:
    """Kill a program with its group unless it has ended, and wait for it."""
    if program.poll() is None:
        if os.name == "posix":
            _signal(program, signal.SIGKILL)
        else:
            program.kill()
    program.wait()


def _private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM into an ordinary exit, so that ``with`` blocks end their servers."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a server in the foreground until interrupted: ``python -m graphfraud.store.server DIR``."""
    parser = argparse.ArgumentParser(prog="graphfraud.store.server", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="where its data are kept between starts")
    parser.add_argument("--line", choices=sorted(LINES), default="5.26", help="line of releases (default 5.26)")
    parser.add_argument("--port", type=int, default=7687, help="Bolt port on loopback, 0 for a free one (default 7687)")
    parser.add_argument("--heap", default="1g", help="Java heap (default 1g)")
    parser.add_argument("--pagecache", default="512m", help="page cache (default 512m)")
    asked = parser.parse_args(arguments)
    server = Server(asked.folder, LINES[asked.line], asked.heap, asked.pagecache, asked.port)
    say = sys.stdout.write
    say(f"Starting Neo4j {server.line.version} ...\n")
    sys.stdout.flush()
    try:
        with ended_by_signals(), server:
            say(
                f"Neo4j {server.line.version} answers at {server.uri}; data stay in {asked.folder}. In another shell:\n\n"
                f"  export NEO4J_URI={server.uri} NEO4J_USER={USER}\n"
                f'  export NEO4J_PASSWORD="$(cat {asked.folder}/password)"\n\n'
                "Press Ctrl-C to stop it.\n"
            )
            sys.stdout.flush()
            return server.wait()
    except KeyboardInterrupt:
        say("Stopped.\n")
        return 0
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
