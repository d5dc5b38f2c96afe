"""The first start on a machine that has nothing but Python."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from compliance.devup.bootstrap import ROOT, Environment

PYTHON = Path(sys.base_prefix) / "bin" / "python3"
MANAGEMENT = """
import sys
def execute_from_command_line(argv):
    print("Django", VERSION, "in", sys.prefix)
"""

pytestmark = pytest.mark.skipif(
    not PYTHON.exists()
    or subprocess.run([PYTHON, "-c", "import django"], check=False, capture_output=True).returncode
    == 0,
    reason="the interpreter itself has Django",
)


def make_wheel(shelf: Path, name: str, version: str, modules: dict[str, str]) -> str:
    """A wheel on the shelf; gives its line in a lock."""
    info = f"{name}-{version}.dist-info"
    files = modules | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={digest(text)},{len(text)}\n" for path, text in files.items())
    wheel = shelf / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def make_django(shelf: Path, version: str) -> str:
    management = f"VERSION = {version!r}\n{MANAGEMENT}"
    modules = {
        "django/__init__.py": "",
        "django/core/__init__.py": "",
        "django/core/exceptions.py": "class ImproperlyConfigured(Exception): ...\n",
        "django/core/management/__init__.py": management,
    }
    return make_wheel(shelf, "django", version, modules)


class Clone:
    """A copy of the start code with locks of its own, and packages on a shelf."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.shelf, self.bin = folder / "clone", folder / "shelf", folder / "bin"
        for place in (self.folder / "compliance", self.shelf, self.bin):
            place.mkdir(parents=True)
        shutil.copy(ROOT / "manage.py", self.folder)
        (self.folder / "compliance" / "__init__.py").touch()
        shutil.copytree(ROOT / "compliance" / "devup", self.folder / "compliance" / "devup")
        self.lock(make_django(self.shelf, "1.0"))

    def lock(self, text: str) -> None:
        (self.folder / "requirements.txt").write_text(text)
        (self.folder / "requirements-test.txt").write_text(text)

    def start(self) -> subprocess.Popen[str]:
        settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.shelf)}
        settings |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return subprocess.Popen(
            [PYTHON, self.folder / "manage.py", "version"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.folder)} | settings,
        )

    def run(self) -> tuple[int, str]:
        process = self.start()
        said, _ = process.communicate(timeout=120)
        return process.returncode, said


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_the_first_start_installs_the_second_does_not_and_a_changed_lock_does_again(
    clone: Clone,
) -> None:
    code, said = clone.run()
    assert code == 0, said
    assert "Installing 1 packages" in said
    assert f"Django 1.0 in {clone.folder / '.venv'}" in said

    assert clone.run() == (0, f"Django 1.0 in {clone.folder / '.venv'}\n")

    clone.lock(make_django(clone.shelf, "2.0"))
    code, said = clone.run()
    assert code == 0, said
    assert "Django 2.0" in said


def test_an_interrupted_installation_is_begun_anew(clone: Clone) -> None:
    venv = Environment(clone.folder)
    (venv.folder / "lib").mkdir(parents=True)
    (venv.folder / "lib" / "half").touch()
    venv.remember({"installing": "yes"})
    code, said = clone.run()
    assert code == 0, said
    assert not (venv.folder / "lib" / "half").exists()
    assert "installing" not in json.loads(venv.record.read_text())


def test_two_first_starts_at_once_install_once(clone: Clone) -> None:
    both = [clone.start(), clone.start()]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Installing" in text for text in said) == 1
    assert all("Django 1.0" in text for text in said)


def test_a_package_with_another_hash_is_refused_and_so_is_the_start(clone: Clone) -> None:
    clone.lock(f"django==1.0 --hash=sha256:{'0' * 64}\n")
    code, said = clone.run()
    assert code == 1
    assert "could not be installed" in said
    assert not Environment(clone.folder).has(tests=False)


def test_where_uv_does_not_work_pip_does(clone: Clone) -> None:
    uv = clone.bin / "uv"
    uv.write_text('#!/bin/sh\necho "uv was here"\nexit 1\n')
    uv.chmod(0o755)
    code, said = clone.run()
    assert code == 0, said
    assert "Django 1.0" in said


def test_the_start_code_needs_no_package() -> None:
    question = "import sys, compliance.devup.bootstrap, compliance.devup.up; print(*sys.modules)"
    done = subprocess.run(
        [PYTHON, "-c", question], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert not {"django", "psycopg", "celery"} & set(done.stdout.split())
