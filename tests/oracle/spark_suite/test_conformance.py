"""Every test class that dbt-tests-adapter has, as it comes."""

import importlib.util
from pathlib import Path

FILE = Path(__file__).parent.parent / "adapter_suite" / "test_conformance.py"
found = importlib.util.spec_from_file_location(__name__, FILE)
module = importlib.util.module_from_spec(found)
found.loader.exec_module(module)
globals().update({name: value for name, value in vars(module).items() if name.startswith("Test")})
