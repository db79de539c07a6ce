"""What ffprobe and ffmpeg say of a clip, beside what it must be."""

import array
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orders import Clip, Failed

# The length of an AAC access unit at 44,100 Hz, in seconds: sound outlasts the pictures by less.
SOUND_UNIT_SECONDS = 1024 / 44_100
# Containers count in 90,000ths and print six decimals.
TINY_SECONDS = 0.002

# What holds for every clip's pictures: `ffprobe` member, value.
VIDEO_FACTS = {
    "codec_name": "h264",
    "profile": "Constrained Baseline",
    "pix_fmt": "yuv420p",
    "color_range": "tv",
    "color_space": "bt709",
    "color_transfer": "bt709",
    "color_primaries": "bt709",
    "sample_aspect_ratio": "1:1",
    "field_order": "progressive",
    "start_time": "0.000000",
}

SOUND_FACTS = {
    "codec_name": "aac",
    "profile": "LC",
    "sample_rate": "44100",
    "channels": 2,
    "channel_layout": "stereo",
    "start_time": "0.000000",
}

# Strict in every respect: what is odd is an error, and an error ends the decoding.
STRICT = "-nostdin -v warning -xerror -err_detect explode".split()


def run_tool(*command: str | Path) -> tuple[bytes, str]:
    """The standard output of a tool, and what it complained of."""
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=120, check=False)
    complaint = " / ".join(done.stderr.decode(errors="replace").split("\n")).strip(" /")
    if done.returncode and not complaint:
        complaint = f"exit code {done.returncode}"
    return done.stdout, complaint


def differ(what: str, expected: Any, found: Any) -> Iterator[str]:
    """A finding, unless both are the same."""
    if expected != found:
        yield f"{what}: expected {expected}, found {found}"


def judge_clip(clip: Clip) -> Iterator[str]:
    """All that is wrong with a clip."""
    asked = "-v warning -show_format -show_streams -show_packets -count_packets -print_format json"
    text, complaint = run_tool("ffprobe", *asked.split(), clip.path)
    yield from differ("complaints of ffprobe", "none", complaint or "none")
    probe = json.loads(text or b"{}")
    expected = clip.order.expected
    streams = probe.get("streams", [])
    kinds = ["video", "audio"] if expected.sound else ["video"]
    yield from differ("tracks", kinds, [stream.get("codec_type") for stream in streams])
    video = next((stream for stream in streams if stream.get("codec_type") == "video"), None)
    if video is None:
        return
    yield from judge_pictures(clip, video, probe["packets"])
    audio = next((stream for stream in streams if stream.get("codec_type") == "audio"), None)
    longest = expected.seconds
    if audio:
        yield from judge_sound(clip, audio)
        longest = max(longest, float(audio["duration"]))
    length = float(probe["format"]["duration"])
    if abs(length - longest) > TINY_SECONDS:
        yield f"length of the file: expected {longest:.3f} s, found {length:.3f} s"
    yield from judge_decoding(clip)
    yield from judge_statement(clip)


def judge_pictures(clip: Clip, video: dict[str, Any], packets: list[dict[str, Any]]) -> Iterator[str]:
    """What is wrong with the pictures."""
    expected = clip.order.expected
    size = f"{expected.width}x{expected.height}"
    yield from differ("size", size, f"{video.get('width')}x{video.get('height')}")
    yield from differ("frame rate", f"{expected.fps}/1", video.get("r_frame_rate"))
    yield from differ("average frame rate", f"{expected.fps}/1", video.get("avg_frame_rate"))
    yield from differ("frames", expected.frames, int(video.get("nb_read_packets", 0)))
    yield from differ("frames by the index", expected.frames, int(video.get("nb_frames", 0)))
    for name, value in VIDEO_FACTS.items():
        yield from differ(name, value, video.get(name))
    found = float(video.get("duration", 0))
    if abs(found - expected.seconds) > TINY_SECONDS:
        yield f"length of the pictures: expected {expected.seconds:.3f} s, found {found:.3f} s"
    own = [packet for packet in packets if packet["codec_type"] == "video"]
    keys = [index for index, packet in enumerate(own) if packet["flags"].startswith("K")]
    yield from differ("key frames", list(range(0, expected.frames, expected.fps)), keys)


def judge_sound(clip: Clip, audio: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the sound."""
    for name, value in SOUND_FACTS.items():
        yield from differ(name, value, audio.get(name))
    rate = int(audio.get("bit_rate", 0))
    if not 100_000 < rate < 150_000:
        yield f"bit rate of the sound: expected about 128000, found {rate}"
    surplus = float(audio["duration"]) - clip.order.expected.seconds
    if not -TINY_SECONDS <= surplus < SOUND_UNIT_SECONDS + TINY_SECONDS:
        yield f"length of the sound beyond the pictures: expected 0 to 23 ms, found {surplus * 1000:.0f} ms"


def judge_decoding(clip: Clip) -> Iterator[str]:
    """What ffmpeg complains of when it decodes everything, and whether all frames come out."""
    output = "-nostats -progress pipe:1 -fps_mode passthrough -f null -"
    text, complaint = run_tool("ffmpeg", *STRICT, "-i", clip.path, *output.split())
    yield from differ("complaints of ffmpeg", "none", complaint or "none")
    decoded = [line.removeprefix("frame=") for line in text.decode().split("\n") if line.startswith("frame=")]
    yield from differ("decoded frames", str(clip.order.expected.frames), decoded[-1] if decoded else "none")


def judge_statement(clip: Clip) -> Iterator[str]:
    """Whether a vendor that states size and length of a video states those of the file, in pixels and ms."""
    expected, stated = clip.order.expected, clip.stated
    if "width" in stated:
        yield from differ("stated width", expected.width, stated["width"])
    if "height" in stated:
        yield from differ("stated height", expected.height, stated["height"])
    if "duration" in stated:
        yield from differ("stated length", expected.frames * 1000 // expected.fps, stated["duration"])


def judge_loudness(clip: Clip) -> Iterator[str]:
    """Whether the sound can be heard, and is nowhere cut off."""
    samples, complaint = run_tool("ffmpeg", *STRICT, "-i", clip.path, *"-map 0:a -f s16le -".split())
    yield from differ("complaints of ffmpeg", "none", complaint or "none")
    values = array.array("h", samples[: len(samples) // 2 * 2])
    peak = max(map(abs, values), default=0)
    if not 300 < peak < 32_000:
        yield f"loudest sample: expected 300 to 32000, found {peak}"


def read_thumbnail(path: Path | str, last: bool = False) -> bytes:
    """The first or the last frame of a video or picture, as 16 x 9 pixels of three bytes each."""
    place = ["-sseof", "-0.2"] if last else []
    output = "-vf scale=16:9:flags=area -pix_fmt rgb24 -f rawvideo -"
    pixels, complaint = run_tool("ffmpeg", *"-nostdin -v error".split(), *place, "-i", path, *output.split())
    frame = 16 * 9 * 3
    if len(pixels) < frame:
        raise Failed(f"{path}: expected a frame, found {complaint or 'none'}")
    return pixels[-frame:] if last else pixels[:frame]


def judge_scene(clip: Clip, first: Path, tail: Path | None) -> Iterator[str]:
    """Whether a clip begins with its picture, and ends with its tail picture (with its own, if there is none)."""
    other = {path: read_thumbnail(path) for path in (first, *([tail] if tail else []))}

    def distance(frame: bytes, path: Path) -> float:
        return sum(abs(one - two) for one, two in zip(frame, other[path], strict=True)) / len(frame)

    begin, end = read_thumbnail(clip.path), read_thumbnail(clip.path, last=True)
    if tail is None:
        if distance(begin, first) > 40:
            yield f"first frame: expected one like {first.name}, found one {distance(begin, first):.0f} levels off"
        if begin == end:
            yield "last frame: expected a camera that moved, found the first frame again"
        return
    for what, frame, near, far in (("first", begin, first, tail), ("last", end, tail, first)):
        if distance(frame, near) >= distance(frame, far):
            yield f"{what} frame: expected one like {near.name}, found one more like {far.name}"


def list_boxes(path: Path) -> list[tuple[str, int]]:
    """The outermost boxes of an MP4 with their lengths in bytes."""
    boxes, content, offset = [], path.read_bytes(), 0
    while offset + 8 <= len(content):
        length = int.from_bytes(content[offset : offset + 4], "big")
        boxes.append((content[offset + 4 : offset + 8].decode("latin-1"), length))
        if length < 8:
            raise Failed(f"{path.name}: expected boxes of 8 bytes or more, found one of {length} at {offset}")
        offset += length
    if offset != len(content):
        raise Failed(f"{path.name}: expected the last box to end at {len(content)}, found {offset}")
    return boxes
