"""Submits a job to every vendor with a client that openapi-python-client made, and polls it to its video.

The argument is the emulator's address.
"""

import builtins
import sys
import time
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO

import client_aimlapi.api.default.poll as aimlapi_poll
import client_aimlapi.api.default.submit as aimlapi_submit
import client_apilaplas.api.default.poll as apilaplas_poll
import client_apilaplas.api.default.submit as apilaplas_submit
import client_gmicloud.api.default.poll as gmicloud_poll
import client_gmicloud.api.default.submit as gmicloud_submit
from client_302ai import AuthenticatedClient as Ai302Client
from client_302ai.models import Image2Video15Rapid5SAsAForm
from client_302ai.types import File, Unset
from client_aimlapi import AuthenticatedClient as AimlapiClient
from client_aimlapi.models import Kling16StandardImageToVideo as AimlapiBody
from client_apilaplas import AuthenticatedClient as ApilaplasClient
from client_apilaplas.models import Kling16StandardImageToVideo as ApilaplasBody
from client_gmicloud import AuthenticatedClient as GmicloudClient
from client_gmicloud.models import KlingImageToVideo16Standard as GmicloudBody

# The generator names `Unset` in an endpoint with two kinds of body, and does not import it.
builtins.Unset = Unset
import client_302ai.api.default.poll as ai302_poll  # noqa: E402
import client_302ai.api.default.submit as ai302_submit  # noqa: E402

BASE = sys.argv[1]
IMAGE = f"{BASE}/__fixtures/landscape.jpg"
KEY = "generated-client"


def good(answer):
    """The parsed answer; a client that got none fails."""
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED) or answer.parsed is None:
        sys.exit(f"status {answer.status_code}: {answer.content!r}")
    return answer.parsed


def poll(look: Callable[[], str | None]) -> str:
    """Polls until there is a video; a client that never sees one fails."""
    for _ in range(100):
        url = look()
        if url:
            return url
        time.sleep(0.1)
    sys.exit("expected a video after 100 polls, found none")


def assert_video(vendor: str, url: str) -> None:
    """A video is there and begins like an MP4."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        content = answer.read()
    if content[4:8] != b"ftyp":
        sys.exit(f"{vendor}: expected an MP4, found {len(content)} bytes")
    print(f"python: {vendor}: a video of {len(content)} bytes")


def gmicloud() -> str:
    client = GmicloudClient(base_url=f"{BASE}/gmicloud", token=KEY)
    payload = {"image": IMAGE, "prompt": "A paper boat", "duration": "5"}
    body = GmicloudBody.from_dict({"model": "Kling-Image2Video-V1.6-Standard", "payload": payload})
    submitted = good(gmicloud_submit.sync_detailed(client=client, body=body))

    def look() -> str | None:
        record = good(gmicloud_poll.sync_detailed(str(submitted.request_id), client=client)).to_dict()
        media = (record["outcome"] or {}).get("media_urls") or [{}]
        return media[0].get("url")

    return poll(look)


def aimlapi() -> str:
    client = AimlapiClient(base_url=f"{BASE}/aimlapi", token=KEY)
    model = "kling-video/v1.6/standard/image-to-video"
    body = AimlapiBody.from_dict({"model": model, "image_url": IMAGE, "prompt": "A paper boat", "duration": 5})
    submitted = good(aimlapi_submit.sync_detailed(client=client, body=body))

    def look() -> str | None:
        generation = good(aimlapi_poll.sync_detailed(client=client, generation_id=submitted.id)).to_dict()
        return (generation.get("video") or {}).get("url")

    return poll(look)


def apilaplas() -> str:
    client = ApilaplasClient(base_url=f"{BASE}/apilaplas", token=KEY)
    model = "kling-video/v1.6/standard/image-to-video"
    body = ApilaplasBody.from_dict({"model": model, "image_url": IMAGE, "prompt": "A paper boat", "duration": "5"})
    submitted = good(apilaplas_submit.sync_detailed(client=client, body=body))

    def look() -> str | None:
        generation = good(apilaplas_poll.sync_detailed(client=client, generation_id=submitted.id)).to_dict()
        return (generation.get("video") or {}).get("url")

    return poll(look)


def ai302() -> str:
    """The vendor takes a form with the picture in it as a file."""
    client = Ai302Client(base_url=f"{BASE}/302ai", token=KEY)
    with urllib.request.urlopen(IMAGE, timeout=60) as answer:
        picture = File(payload=BytesIO(answer.read()), file_name="boat.jpg", mime_type="image/jpeg")
    body = Image2Video15Rapid5SAsAForm(input_image=picture, prompt="A paper boat", cfg=0.5)
    submitted = good(ai302_submit.sync_detailed(client=client, body=body))

    def look() -> str | None:
        task = good(ai302_poll.sync_detailed(submitted.data.task.id, client=client)).to_dict()
        works = task["data"]["works"]
        return works[0]["resource"]["resource"] if works else None

    return poll(look)


assert_video("gmicloud", gmicloud())
assert_video("aimlapi", aimlapi())
assert_video("apilaplas", apilaplas())
assert_video("302ai", ai302())
