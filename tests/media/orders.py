"""Jobs: what is asked of which vendor, and what the contract says of the clip that comes of it."""

import json
import math
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

# What a contract's examples name, and the emulator's own picture in its place.
PLACES = re.compile(r"https://pictures\.example/(\w+)\.jpeg")

# The longer side of a small clip, and the size of one that is off, in pixels.
SMALL_SIDE = 320
OFF_SIZE = (64, 36)
# Sides of clips are multiples of it, in pixels.
SIDE_STEP = 4
SHORTEST_SIDE = 32

# The sizes of the emulator's pictures, in pixels (fixtures/images/README.md).
PICTURES = {
    "landscape.jpg": (1280, 720),
    "portrait.png": (720, 1280),
    "square.jpg": (720, 720),
    "tail.jpg": (1280, 720),
}

POLLS = 200
PAUSE_SECONDS = 0.05
TIMEOUT_SECONDS = 100


class Failed(Exception):
    """What was expected and what was found, as one line."""


@dataclass(frozen=True)
class ModelFacts:
    """A row of docs/media.md."""

    vendor: str
    model: str
    area: tuple[int, int]
    fps: int
    seconds: int
    frames: int
    sound: str

    def has_sound(self, asked: bool | None) -> bool:
        """Whether there is sound for a body that asks for it, refuses it, or is silent about it."""
        if self.sound == "always with sound":
            return True
        if self.sound == "no sound":
            return False
        return self.sound.startswith("sound unless") if asked is None else asked

    @property
    def sound_member(self) -> str | None:
        """The path of the member that asks for sound."""
        named = re.fullmatch(r"sound (?:if|unless) `([^`]+)` is (?:true|false)", self.sound)
        return named[1] if named else None


@dataclass(frozen=True)
class Expectation:
    """What a clip must be."""

    width: int
    height: int
    fps: int
    frames: int
    sound: bool

    @property
    def seconds(self) -> float:
        """How long its pictures last."""
        return self.frames / self.fps


@dataclass(frozen=True)
class Order:
    """A job to submit, and the clip that must come of it."""

    name: str
    facts: ModelFacts
    body: dict[str, Any]
    expected: Expectation
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Clip:
    """A clip that came."""

    order: Order
    url: str
    path: Path
    stated: dict[str, Any]


def read_table(page: Path, titles: dict[str, str]) -> dict[tuple[str, str], ModelFacts]:
    """The rows of docs/media.md by vendor and model; `titles` has the vendors' ids by their titles."""
    rows: dict[tuple[str, str], ModelFacts] = {}
    vendor, columns = None, []
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise Failed(f"expected the page of all clips at {page}, found none: {error}") from error
    for line in text.splitlines():
        if line.startswith("## "):
            vendor = titles.get(line[3:].strip())
        if not line.startswith("|") or vendor is None:
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] == "Model":
            columns = cells
            continue
        if set(line) <= set("|-: "):
            continue
        row = dict(zip(columns, cells, strict=True))
        length = re.fullmatch(r"(\d+) s: (\d+) frames, \d+ ms", row["Length, unless asked otherwise"])
        size = re.fullmatch(r"(\d+)x(\d+)", row["Size"])
        if not length or not size:
            raise Failed(f"{page}: expected a size and a length, found {line}")
        model = row["Model"].strip("`")
        rows[vendor, model] = ModelFacts(
            vendor=vendor,
            model=model,
            area=(int(size[1]), int(size[2])),
            fps=int(row["Frames a second"]),
            seconds=int(length[1]),
            frames=int(length[2]),
            sound=row["Sound"],
        )
    return rows


def frame_size(area: tuple[int, int], ratio: tuple[int, int]) -> tuple[int, int]:
    """The size in pixels by the rule of docs/media.md: the area stays, the shape follows, sides in fours."""
    (wide, high), pixels = ratio, area[0] * area[1]
    step = SIDE_STEP * SIDE_STEP
    return (
        SIDE_STEP * math.isqrt(pixels * wide // (high * step)),
        SIDE_STEP * math.isqrt(pixels * high // (wide * step)),
    )


def expect(
    facts: ModelFacts,
    ratio: tuple[int, int] | None = None,
    seconds: int | None = None,
    sound: bool | None = None,
) -> Expectation:
    """The clip of a full-size job: `ratio` is that of its picture, or what it asks for."""
    width, height = frame_size(facts.area, ratio or facts.area)
    surplus = facts.frames - facts.seconds * facts.fps
    frames = (seconds or facts.seconds) * facts.fps + surplus
    return Expectation(width, height, facts.fps, frames, facts.has_sound(sound))


def shrink(full: Expectation) -> Expectation:
    """The same clip under `--clips small`."""
    long = max(full.width, full.height)

    def side(pixels: int) -> int:
        return max(pixels * SMALL_SIDE // long // SIDE_STEP * SIDE_STEP, SHORTEST_SIDE)

    return replace(full, width=side(full.width), height=side(full.height))


def switch_off(full: Expectation) -> Expectation:
    """The same clip under `--clips off`."""
    return replace(full, width=OFF_SIZE[0], height=OFF_SIZE[1])


def read_examples(document: dict[str, Any], vendor: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The least that each model takes, by model: the path, and a body from the vendor's OpenAPI document."""
    bodies: dict[str, tuple[str, dict[str, Any]]] = {}
    for path, item in document["paths"].items():
        submit = item.get("post", {})
        if submit.get("x-operation") != "submit" or "x-option" in submit:
            continue
        examples = submit["requestBody"]["content"]["application/json"]["examples"]
        for name, example in examples.items():
            model = submit.get("x-model") or example["value"].get("model")
            if name.endswith(".minimal") and model not in bodies:
                bodies[model] = (f"/{vendor}{path}", example["value"])
    return bodies


def place_pictures(body: Any, base: str, picture: str) -> Any:
    """A body with the emulator's own pictures: a tail where one is named, and `picture` elsewhere."""

    def address(named: re.Match[str]) -> str:
        return f"{base}/__fixtures/{'tail.jpg' if named[1] == 'tail' else picture}"

    return json.loads(PLACES.sub(address, json.dumps(body)))


def has_first_picture(body: dict[str, Any]) -> bool:
    """Whether an example names a picture to begin with, which gives the clip its shape."""
    return "https://pictures.example/first.jpeg" in json.dumps(body)


def set_member(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a body with a member set, whose path has slashes."""
    body = json.loads(json.dumps(body))
    *outer, last = path.split("/")
    place = body
    for name in outer:
        place = place.setdefault(name, {})
    place[last] = value
    return body


def ask(url: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    """The JSON answer of the emulator; any refusal is a failure."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")
        raise Failed(f"expected {url} to take {json.dumps(body)}, found status {error.code}: {said[:400]}") from error


def job_id(answer: dict[str, Any]) -> str:
    """The id in the answer to a submit."""
    task = ((answer.get("data") or {}).get("task") or {}).get("id")
    found = task or answer.get("request_id") or answer.get("id")
    if not found:
        raise Failed(f"expected an id in the answer to a submit, found {json.dumps(answer)[:400]}")
    return found


def poll_address(path: str, job: str) -> str:
    """Where a job is polled that was submitted to `path`."""
    quoted = urllib.parse.quote(job, safe="")
    if path.startswith("/302ai/"):
        return f"/302ai/klingai/task/{quoted}/fetch"
    if path.startswith("/gmicloud/"):
        return f"{path}/{quoted}"
    return f"{path}?generation_id={quoted}"


def find_video(answer: Any) -> dict[str, Any] | None:
    """The innermost object of an answer that names a video."""
    if isinstance(answer, list):
        return next(filter(None, map(find_video, answer)), None)
    if not isinstance(answer, dict):
        return None
    if any(isinstance(value, str) and value.endswith("/video.mp4") for value in answer.values()):
        return answer
    return next(filter(None, map(find_video, answer.values())), None)


def fetch_clip(base: str, path: str, order: Order, folder: Path) -> Clip:
    """Submits a job, polls it to its video, and downloads it."""
    key = urllib.parse.quote(order.name, safe="")
    headers = {"Authorization": f"Bearer {key}"}
    job = job_id(ask(base + path, order.body, {**headers, **order.headers}))
    for _ in range(POLLS):
        answer = ask(base + poll_address(path, job), headers=headers)
        stated = find_video(answer)
        if stated:
            break
        time.sleep(PAUSE_SECONDS)
    else:
        raise Failed(f"expected a video after {POLLS} polls, found {json.dumps(answer)[:400]}")
    url = next(value for value in stated.values() if isinstance(value, str) and value.endswith("/video.mp4"))
    target = folder / (re.sub(r"[^\w.-]+", "-", order.name) + ".mp4")
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as download:
        target.write_bytes(download.read())
    return Clip(order, url, target, stated)
