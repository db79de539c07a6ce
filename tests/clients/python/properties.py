"""Runs Schemathesis on the document of every vendor, and fails on any report that is not listed.

Arguments: the emulator's address, the folder with the documents, and the list of what is known.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# Bodies drawn for each operation. The seed is fixed, so that a run can be repeated.
EXAMPLES = "4"
# `coverage` tries every keyword of every schema. For a vendor with dozens of models on one path that is some
# 18,000 requests, so there bodies are drawn instead.
PHASES = {"aimlapi": ("examples,fuzzing", "40")}


def run(base: str, folder: Path, vendor: str) -> dict:
    """The report of one run; its findings are no errors yet."""
    phases, examples = PHASES.get(vendor, ("examples,coverage,fuzzing", EXAMPLES))
    report = folder / f"report-{vendor}.json"
    command = [
        "schemathesis", "run", str(folder / f"{vendor}.json"),
        "--url", f"{base}/{vendor}", "--header", "Authorization: Bearer generated-client",
        "--phases", phases, "--max-examples", examples, "--seed", "1", "--no-shrink", "--continue-on-failure",
        "--report", "json", "--report-json-path", str(report),
    ]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if not report.exists():
        sys.exit(f"{vendor}: no report\n{ended.stdout}\n{ended.stderr}")
    told = json.loads(report.read_text())
    if told["errors"] or not told["complete"] or told["operations"]["tested"] != told["operations"]["total"]:
        sys.exit(f"{vendor}: expected a whole run, found {told['operations']} {told['errors']}\n{ended.stdout}")
    return told


def main() -> None:
    base, folder, known_file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    known = json.loads(known_file.read_text())
    met: set[int] = set()
    unknown: list[str] = []
    for document in sorted(folder.glob("*.json")):
        vendor = document.stem
        if vendor.startswith("report-"):
            continue
        told = run(base, folder, vendor)
        for failure in told["failures"]:
            for operation in failure["operations"]:
                fits = [
                    index
                    for index, entry in enumerate(known)
                    if entry["title"] == failure["title"]
                    and vendor in entry["vendors"]
                    and re.fullmatch(entry["operations"], operation)
                ]
                met.update(fits)
                if not fits:
                    unknown.append(f"{vendor}: {failure['code']} {failure['title']}: {operation}")
        cases = told["test_cases"]
        print(f"schemathesis: {vendor}: {cases['generated']} requests, {cases['unique_failures']} reports")
    stale = [entry["title"] for index, entry in enumerate(known) if index not in met]
    for title in stale:
        print(f"`{title}` is listed in {known_file} and no longer reported: remove it")
    for line in unknown:
        print(f"not listed: {line}")
    if unknown or stale:
        sys.exit(1)


main()
