"""Which form of an answer a program wants (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, TypeVar

from aiohttp import web

from node.web.errors import Problem

RANGES_MAX: Final = 50
"""Media ranges of an `Accept` header that are looked at; browsers send ten."""

_QUALITY: Final = re.compile(r"[01](\.\d{0,3})?")
F = TypeVar("F", bound=str)


def negotiated(request: web.Request, media: Mapping[F, str]) -> F:
    """The form that `Accept` prefers; the first one for whoever takes all.

    Args:
        request: As it came.
        media: Media types by form.

    Raises:
        Problem: `media-type` (406): none of those named can be given.
    """
    text = request.headers.get("Accept", "*/*")
    ranges: list[tuple[float, int, str]] = []
    for number, part in enumerate(text.split(",")[:RANGES_MAX]):
        name, *parameters = [one.strip().lower() for one in part.split(";")]
        quality = 1.0
        for one in parameters:
            if one.startswith("q="):
                quality = float(one[2:]) if _QUALITY.fullmatch(one[2:]) else 0.0
        if quality > 0:
            ranges.append((-quality, number, name))
    for _, _, name in sorted(ranges):
        for form, known in media.items():
            if name in (known, "*/*", f"{known.partition('/')[0]}/*"):
                return form
    raise Problem(
        HTTPStatus.NOT_ACCEPTABLE,
        "media-type",
        "none of the media types in Accept can be given",
        remedy=f"accept one of: {', '.join(media.values())}",
    )
