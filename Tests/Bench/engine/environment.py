"""The scratch folder of the engine's bench and the packages that it compares with.

Only the standard library is used here: this part runs before there is anything else.
"""
import json
import os
import subprocess
import sys
import venv

# What every set needs: the data are made and judged with these.
BASE = ["lightgbm==4.7.0", "numpy==2.4.6", "scipy==1.17.1"]
# The others by the name that the tables use: what to install, and the module that proves it.
OTHERS = {
    "XGBoost": (["xgboost-cpu==3.2.0"], "xgboost"),
    "CatBoost": (["catboost==1.2.10"], "catboost"),
    "scikit-learn": (["scikit-learn==1.9.1"], "sklearn"),
    "ONNX Runtime": (
        ["onnxruntime==1.32.0", "onnxmltools==1.16.0", "skl2onnx==1.20.0"],
        "onnxruntime, onnxmltools",
    ),
    "treelite": (["treelite==4.8.1"], "treelite"),
    "tl2cgen": (["treelite==4.8.1", "tl2cgen==1.0.0"], "tl2cgen"),
    # The build for processors, which is not on PyPI: pip has to be told where it lies.
    "PyTorch": (["torch==2.13.0+cpu"], "torch"),
}
# Which of them train, and which answer models of LightGBM or their own.
TRAINERS = ["XGBoost", "CatBoost", "scikit-learn"]
SCORERS = ["XGBoost", "ONNX Runtime", "treelite", "tl2cgen", "CatBoost"]

# What this process tells the one that goes on.
MISSING = "BOREAL_BENCH_MISSING"


def say(text):
    print(text, file=sys.stderr, flush=True)


def default_folder():
    """`BENCH_CACHE`, else a folder of the user's cache that outlives the build."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("BENCH_CACHE") or os.path.join(home, "boreal-bench")


def python_of(folder):
    return os.path.join(folder, "venv", "bin", "python3")


def has(python, modules):
    command = [python, "-c", "import " + modules]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def install(python, packages):
    say("installing %s" % " ".join(packages))
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return subprocess.run(command + packages, stdout=sys.stderr).returncode == 0


def prepare(folder, wanted):
    """Makes the virtual environment; the names of `wanted` that could not be installed."""
    os.makedirs(folder, exist_ok=True)
    python = python_of(folder)
    if not os.path.exists(python):
        say("making %s" % os.path.join(folder, "venv"))
        venv.create(os.path.join(folder, "venv"), with_pip=True)
    found = versions(python)
    if not is_pinned(found, BASE) and not install(python, BASE):
        sys.exit("bench_engine: LightGBM cannot be installed from PyPI, so there is no comparison")
    missing = []
    for name in wanted:
        packages, modules = OTHERS[name]
        if is_pinned(found, packages) or install(python, packages):
            if has(python, modules):
                continue
        missing.append(name)
    return missing


def versions(python):
    """Name and version of everything that is installed."""
    command = [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return {one["name"].lower(): one["version"] for one in json.loads(done.stdout)}


def is_pinned(found, packages):
    return all(found.get(name) == version
               for name, version in (package.split("==") for package in packages))


def enter(folder, script, wanted):
    """Goes on in the environment's python, where numpy is; there, the names of what is missing."""
    if MISSING in os.environ:
        return json.loads(os.environ.pop(MISSING))
    missing = prepare(folder, wanted)
    os.environ[MISSING] = json.dumps(missing)
    python = python_of(folder)
    os.execv(python, [python, script] + sys.argv[1:])
