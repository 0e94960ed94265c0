"""Installs what the browser and server tests need and the machine lacks, where that is allowed.

On a Debian-like system as root: the packages chromium, a Java 17 runtime and maven. Elsewhere it says what to install;
those tests are then skipped (in CI, where CI=true, they fail).
"""

import os
import re
import shutil
import subprocess
import sys

JAVA = 17
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def _java_version() -> int:
    java = shutil.which("java")
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


def missing() -> dict[str, str]:
    """Return what is missing: Debian package -> what it is for."""
    wanted = {}
    if not any(map(shutil.which, BROWSERS)) and not os.environ.get("GRAPHFRAUD_CHROMIUM"):
        wanted["chromium"] = "the browser tests"
    if _java_version() < JAVA:
        wanted["openjdk-17-jre-headless"] = "the Neo4j tests"
    if shutil.which("mvn") is None:
        wanted["maven"] = "the Neo4j tests"
    return wanted


def main() -> int:
    """Install what is missing or say what to install."""
    wanted = missing()
    if not wanted:
        return 0
    names = " ".join(wanted)
    may = sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get")
    if not may:
        print(f"Skipping {' and '.join(sorted(set(wanted.values())))}: install {names} (or their like) to run them.")
        return 0
    print(f"Installing {names} for {' and '.join(sorted(set(wanted.values())))} ...", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", *wanted]):
        done = subprocess.run(["apt-get", "-qq", *words], env=quiet, check=False, stdout=subprocess.DEVNULL)
        if done.returncode:
            print(f"apt-get {words[0]} failed ({done.returncode}); the tests that need {names} will say so.")
            return 1 if os.environ.get("CI") else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
