"""Chromium, and the page on which it plays clips and says what it saw."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from orders import Clip
from probe import SOUND_UNIT_SECONDS, TINY_SECONDS

# How long the browser may take in all, in seconds.
PATIENCE_SECONDS = 120
# Between two looks whether the browser is still there, in seconds.
LOOK_SECONDS = 0.2

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--no-proxy-server",
    # Nothing leaves the machine.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    # Chromium plays nothing with sound before somebody clicks, unless this is given.
    "--autoplay-policy=no-user-gesture-required",
]


@dataclass
class Visit:
    """One visit of the page: what it is to do, and what it reported."""

    plan: list[dict[str, Any]]
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)


def serve_page(visit: Visit) -> ThreadingHTTPServer:
    """Serves the page, its plan, and what it reports, on a free port."""
    page = Path(__file__).with_name("page.html").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                self.answer("text/html; charset=utf-8", page)
            elif self.path == "/plan":
                self.answer("application/json", json.dumps(visit.plan).encode())
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/report":
                visit.reports[report["name"]] = report
            self.answer("text/plain", b"")
            if self.path == "/done":
                visit.done.set()

        def answer(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def visit_page(chromium: str, folder: Path, plan: list[dict[str, Any]]) -> Iterator[str]:
    """Lets Chromium carry out a plan, and yields all that is wrong."""
    visit = Visit(plan)
    server = serve_page(visit)
    log = folder / "chromium.log"
    with log.open("wb") as output:
        command = [chromium, *FLAGS, f"--user-data-dir={folder / 'chromium'}"]
        browser = subprocess.Popen(
            [*command, f"http://127.0.0.1:{server.server_port}/"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        end = time.monotonic() + PATIENCE_SECONDS
        while not visit.done.wait(LOOK_SECONDS) and browser.poll() is None and time.monotonic() < end:
            pass
        stop_group(browser)
    server.shutdown()
    if not visit.done.is_set():
        code = browser.returncode
        tail = log.read_text(errors="replace").strip().split("\n")[-1][:300]
        yield (
            f"chromium: expected {len(plan)} reports within {PATIENCE_SECONDS} s, found {len(visit.reports)}"
            f" (exit code {code}; its last line: {tail})"
        )
    for task in plan:
        report = visit.reports.get(task["name"], {"error": "no report"})
        judge = judge_playing if task["kind"] == "play" else judge_rights
        if "error" in report:
            yield f"{task['name']}: expected chromium to take it, found {report['error']}"
        else:
            yield from (f"{task['name']} in chromium: {finding}" for finding in judge(task, report["seen"]))


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and those that it started, which are a group of their own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            continue
    process.wait(timeout=5)


def plan_playing(clip: Clip) -> dict[str, Any]:
    """A clip to be played."""
    expected = clip.order.expected
    return {
        "kind": "play",
        "name": clip.order.name,
        "url": clip.url,
        "sound": expected.sound,
        "expected": {"width": expected.width, "height": expected.height, "duration": expected.seconds},
    }


def plan_rights(clip: Clip, allowed: bool) -> dict[str, Any]:
    """A clip that a page of another origin tries to read."""
    name = f"{clip.order.name}, read by a page"
    return {"kind": "rights", "name": name, "url": clip.url, "allowed": allowed, "bytes": clip.path.stat().st_size}


def judge_playing(task: dict[str, Any], seen: dict[str, Any]) -> Iterator[str]:
    """All that is wrong with what was seen of a clip."""
    expected = task["expected"]
    size = f"{expected['width']}x{expected['height']}"
    if f"{seen['width']}x{seen['height']}" != size:
        yield f"size: expected {size}, found {seen['width']}x{seen['height']}"
    surplus = seen["duration"] - expected["duration"]
    most = SOUND_UNIT_SECONDS if task["sound"] else 0
    if not -TINY_SECONDS <= surplus <= most + TINY_SECONDS:
        yield f"duration: expected {expected['duration']:.3f} s (up to {most:.3f} more), found {seen['duration']:.3f} s"
    if abs(seen["sought"] - 2.5) > 0.1:
        yield f"time after a seek to 2.5 s: expected 2.5 s, found {seen['sought']:.3f} s"
    if abs(seen["ended"] - seen["duration"]) > 0.1:
        yield f"time at the end: expected {seen['duration']:.3f} s, found {seen['ended']:.3f} s"
    if not seen["videoBytes"] > 0:
        yield f"decoded bytes of pictures: expected some, found {seen['videoBytes']}"
    if (seen["audioBytes"] > 0) != task["sound"]:
        yield f"decoded bytes of sound: expected {'some' if task['sound'] else 0}, found {seen['audioBytes']}"
    if not seen["frames"] > 0:
        yield f"shown frames: expected some, found {seen['frames']}"


def judge_rights(task: dict[str, Any], seen: dict[str, Any]) -> Iterator[str]:
    """All that is wrong with what a page of another origin could do."""
    if task["allowed"]:
        if seen["fetch"] != task["bytes"]:
            yield f"fetch: expected {task['bytes']} bytes, found {seen['fetch']}"
        if seen["range"] != 16:
            yield f"fetch of the first 16 bytes: expected 16, found {seen['range']}"
        # A picture of 64 x 36 pixels that shows something has more colours than this.
        if not (isinstance(seen["canvas"], int) and seen["canvas"] > 16):
            yield f"canvas: expected more than 16 colours, found {seen['canvas']}"
    else:
        for what in ("fetch", "range"):
            if seen[what] != "TypeError":
                yield f"{what}: expected TypeError, as no header allows it, found {seen[what]}"
        if seen["canvas"] != "PlayerError":
            yield f"video with crossorigin: expected the player to refuse it, found {seen['canvas']}"
    # Without `crossorigin` it plays, and taints the canvas, whatever the header says.
    if seen["plainCanvas"] != "SecurityError":
        yield f"canvas without crossorigin: expected SecurityError, found {seen['plainCanvas']}"
