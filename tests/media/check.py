"""Holds the clips of all models against docs/media.md, with ffprobe, ffmpeg and Chromium. `run` starts it."""

import argparse
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from browser import plan_playing, plan_rights, visit_page
from orders import (
    PICTURES,
    Clip,
    Expectation,
    Failed,
    ModelFacts,
    Order,
    ask,
    expect,
    fetch_clip,
    has_first_picture,
    place_pictures,
    read_examples,
    read_table,
    set_member,
    shrink,
    switch_off,
)
from probe import judge_clip, judge_loudness, judge_scene, list_boxes

IMAGES = Path(__file__).resolve().parents[2] / "fixtures" / "images"
MOOV_LAST = {"x-mockreel-scenario": json.dumps({"then": {"result": {"fault": "moov_last"}}})}
PLAIN_BOXES = ["ftyp", "moov", "mdat"]

# Models by what is to be seen with them; docs/media.md says what they make.
SILENT_720 = ("gmicloud", "Kling-Image2Video-V1.6-Standard")
SILENT_1080 = ("gmicloud", "Kling-Image2Video-V2.1-Pro")
WITH_TAIL = ("gmicloud", "Kling-Image2Video-V1.6-Pro")
ODD_AREA = ("apilaplas", "kling-video/v1/standard/image-to-video")
LOUD = ("aimlapi", "klingai/video-v3-standard-image-to-video")
LOUD_TEXT = ("aimlapi", "klingai/video-v3-standard-text-to-video")
STATED = ("302ai", "m2v_img2video_hq")


@dataclass(frozen=True)
class Task:
    """A job for one of the emulators, and what else is looked at in its clip."""

    base: str
    path: str
    order: Order
    judges: tuple[Callable[[Clip], Iterator[str]], ...] = ()


class Catalogue:
    """What is known of all models, from the emulators' vendors, their documents, and docs/media.md."""

    def __init__(self, work: Path, table: Path, base: str) -> None:
        vendors = [vendor for vendor in ask(f"{base}/__admin/vendors")["vendors"] if vendor["newest"]]
        self.facts = read_table(table, {vendor["title"]: vendor["id"] for vendor in vendors})
        self.examples = {}
        for vendor in (vendor["id"] for vendor in vendors):
            document = json.loads((work / f"{vendor}.json").read_text(encoding="utf-8"))
            examples = read_examples(document, vendor)
            self.examples |= {(vendor, model): example for model, example in examples.items()}
        served = {(vendor["id"], model) for vendor in vendors for model in vendor["models"]}
        for what, known in ((str(table), self.facts), ("the OpenAPI documents", self.examples)):
            if set(known) != served:
                odd = ", ".join(sorted("/".join(model) for model in served ^ set(known)))
                raise Failed(f"expected {what} to have the models that are served, found a difference: {odd}")

    def task(
        self,
        base: str,
        model: tuple[str, str],
        label: str,
        form: Callable[[Expectation], Expectation] = lambda full: full,
        judges: tuple[Callable[[Clip], Iterator[str]], ...] = (),
        picture: str = "landscape.jpg",
        members: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        ratio: tuple[int, int] | None = None,
        seconds: int | None = None,
    ) -> Task:
        """A job of a model: its minimal body, with `members` set by their paths."""
        path, body = self.examples[model]
        facts: ModelFacts = self.facts[model]
        if has_first_picture(body):
            ratio = PICTURES[picture]
        sound = (members or {}).get(facts.sound_member) if facts.sound_member else None
        for member, value in (members or {}).items():
            body = set_member(body, member, value)
        expected = form(expect(facts, ratio, seconds, sound))
        body = place_pictures(body, base, picture)
        order = Order(f"{'/'.join(model)} ({label})", facts, body, expected, headers or {})
        return Task(base, path, order, judges)


def has_boxes(*names: str) -> Callable[[Clip], Iterator[str]]:
    """Judges the outermost boxes of a file."""

    def judge(clip: Clip) -> Iterator[str]:
        found = [name for name, _ in list_boxes(clip.path)]
        if found != list(names):
            yield f"boxes: expected {' '.join(names)}, found {' '.join(found)}"

    return judge


def looks_like(first: str, tail: str | None = None) -> Callable[[Clip], Iterator[str]]:
    """Judges the first and the last frame by the pictures that were sent."""
    return lambda clip: judge_scene(clip, IMAGES / first, IMAGES / tail if tail else None)


def judge_bytes(clip: Clip) -> Iterator[str]:
    """Whether a filled file is as long as docs/media.md says: 12 Mbit/s at 1280x720, a tenth more or less."""
    expected, found = clip.order.expected, clip.path.stat().st_size
    area = (expected.width * expected.height) ** 0.5 / (1280 * 720) ** 0.5
    middle = 12e6 / 8 * area * expected.seconds
    if not 0.895 < found / middle < 1.105:
        yield f"bytes: expected {middle * 0.9:.0f} to {middle * 1.1:.0f}, found {found}"


def list_small(catalogue: Catalogue, base: str) -> Iterator[Task]:
    """Every model, small; with and without sound where a member decides; and other lengths and shapes."""
    for model, facts in catalogue.facts.items():
        yield catalogue.task(base, model, "small", shrink)
        if facts.sound_member:
            for value in (True, False):
                label = f"small, {facts.sound_member} {str(value).lower()}"
                yield catalogue.task(base, model, label, shrink, members={facts.sound_member: value})
    ten = {"payload/duration": "10"}
    yield catalogue.task(base, SILENT_720, "small, 10 s", shrink, members=ten, seconds=10)
    yield catalogue.task(base, SILENT_1080, "small, 10 s", shrink, members=ten, seconds=10)
    yield catalogue.task(base, LOUD_TEXT, "small, 15 s", shrink, members={"duration": "15"}, seconds=15)
    yield catalogue.task(base, LOUD_TEXT, "small, 9:16", shrink, members={"aspect_ratio": "9:16"}, ratio=(9, 16))
    yield catalogue.task(base, LOUD_TEXT, "small, 1:1", shrink, members={"aspect_ratio": "1:1"}, ratio=(1, 1))


def list_full(catalogue: Catalogue, base: str) -> dict[str, Task]:
    """One of each kind in full size."""
    plain, sight = has_boxes(*PLAIN_BOXES), looks_like("landscape.jpg")
    upright, square = looks_like("portrait.png"), looks_like("square.jpg")
    tail = {"payload/image_tail": "https://pictures.example/tail.jpeg"}
    hear = judge_loudness
    return {
        "720p": catalogue.task(base, SILENT_720, "720p", judges=(plain, sight)),
        "1080p": catalogue.task(base, SILENT_1080, "1080p", judges=(plain, sight)),
        "portrait": catalogue.task(base, SILENT_720, "portrait", judges=(plain, upright), picture="portrait.png"),
        "square": catalogue.task(base, SILENT_720, "square", judges=(plain, square), picture="square.jpg"),
        "area": catalogue.task(base, ODD_AREA, "area of 1216x832", judges=(plain, sight)),
        "stated": catalogue.task(base, STATED, "size in the answer", judges=(plain, sight)),
        "sound": catalogue.task(base, LOUD, "with sound", judges=(plain, sight, hear)),
        "tail": catalogue.task(
            base, WITH_TAIL, "tail", judges=(plain, looks_like("landscape.jpg", "tail.jpg")), members=tail
        ),
        "moov": catalogue.task(
            base, SILENT_720, "moov last", judges=(has_boxes("ftyp", "mdat", "moov"),), headers=MOOV_LAST
        ),
        "moov with sound": catalogue.task(
            base, LOUD, "moov last, with sound", judges=(has_boxes("ftyp", "mdat", "moov"), hear), headers=MOOV_LAST
        ),
    }


def list_other(catalogue: Catalogue, off: str, real: str) -> dict[str, Task]:
    """Clips that are off, and clips that are filled up."""
    plain, filled = has_boxes(*PLAIN_BOXES), has_boxes(*PLAIN_BOXES, "free")
    return {
        "off": catalogue.task(off, SILENT_720, "off", switch_off, (plain,)),
        "off with sound": catalogue.task(off, LOUD_TEXT, "off, with sound", switch_off, (plain, judge_loudness)),
        "real": catalogue.task(real, SILENT_720, "real bytes", judges=(filled, judge_bytes)),
        "real 1080p": catalogue.task(real, SILENT_1080, "real bytes, 1080p", judges=(filled, judge_bytes)),
        "real with sound": catalogue.task(real, LOUD, "real bytes, with sound", judges=(filled, judge_bytes)),
    }


def carry_out(task: Task, folder: Path) -> tuple[Clip | None, list[str]]:
    """Gets a clip and judges it."""
    clip, findings = None, []
    try:
        clip = fetch_clip(task.base, task.path, task.order, folder)
        for judge in (judge_clip, *task.judges):
            findings.extend(judge(clip))
    except Exception as error:  # Whatever it was, it is a line of the report.
        findings.append(str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}")
    return clip, [f"{task.order.name}: {finding}" for finding in findings]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("work", "chromium", "table", "small", "full", "off", "real"):
        parser.add_argument(f"--{name}", required=True)
    flags = parser.parse_args()
    begun = time.monotonic()
    # All is on this machine, whatever proxy the environment names.
    urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
    work = Path(flags.work)
    folder = work / "clips"
    folder.mkdir()

    catalogue = Catalogue(work, Path(flags.table), flags.small)
    special = list_full(catalogue, flags.full) | list_other(catalogue, flags.off, flags.real)
    tasks = [*special.values(), *list_small(catalogue, flags.small)]
    with ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) + 1) as pool:
        results = list(pool.map(lambda task: carry_out(task, folder), tasks))
    findings = [line for _, lines in results for line in lines]
    probed = sum(clip is not None for clip, _ in results)
    print(f"ffprobe and ffmpeg: {probed} clips of {len(catalogue.facts)} models, {time.monotonic() - begun:.0f} s")

    clips = {kind: clip for kind, (clip, _) in zip(special, results)}
    played = [plan_playing(clip) for clip in clips.values() if clip]
    # The emulator `full` was started with the header for one vendor and without it for the others.
    rights = [("720p", True), ("sound", False), ("area", False)]
    read = [plan_rights(clips[kind], allowed) for kind, allowed in rights if clips[kind]]
    findings += visit_page(flags.chromium, work, played + read)

    for line in findings:
        print(line.replace("\n", " "))
    print(
        f"media: {probed} clips probed and decoded, {len(played)} played in chromium, {len(read)} read by a page of"
        f" another origin; {len(findings)} findings, {time.monotonic() - begun:.0f} s"
    )
    return 1 if findings else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(failure)
        sys.exit(1)
