"""A schema in the forms that others use: JSON Schema, a page, a file to fill in."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Final, get_args

from aiohttp import web
from pydantic import Field

from node.web.api.catalogue import SchemaAsked, schema_asked
from node.web.api.endpoint import Answer, Endpoint
from node.web.requests import conditional
from schemas.document import Lang
from schemas.exports import FORMS, Form, export, file_name


class FormAsked(SchemaAsked):
    """Which schema, in which form."""

    form: Annotated[
        Form,
        Field(
            description="`json-schema`: of one row; `markdown`: a page; `csv`, `xlsx`: a file to "
            "fill in; `table-schema`: the document.",
            examples=["json-schema"],
        ),
    ]
    language: Annotated[Lang, Field(description="Of labels and explanations.")] = "fr"


async def _form(request: web.Request, asked: FormAsked) -> web.StreamResponse:
    schema = schema_asked(request, asked)
    body = await asyncio.to_thread(export, schema, asked.form, asked.language)
    return conditional(
        request,
        body,
        FORMS[asked.form].media,
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(schema, asked.form)}"',
            "Maillage-Digest": schema.digest,
        },
    )


_TEXT: Final = {"type": "string"}
_EXAMPLES: Final[dict[Form, tuple[dict[str, Any], Any]]] = {
    "json-schema": (
        {"type": "object"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"},
    ),
    "table-schema": ({"type": "object"}, {"name": "comptage-mobilites", "fields": []}),
    "markdown": (_TEXT, "# Comptage des mobilités\n"),
    "csv": (_TEXT, "\ufeffchannel_id;counter_id;start_datetime;end_datetime;count\r\n"),
    "xlsx": (_TEXT | {"format": "binary"}, "a workbook"),
}

ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path="/api/v1/schemas/{name}/{version}/{form}",
        name="getSchemaForm",
        tag="Schemas",
        summary="A schema in the forms that others use",
        description="A file to fill in has the header only, CSV with semicolons, in UTF-8 with a "
        "byte order mark; what is filled in is taken as it is. It doesn't ask for personal "
        "columns, which would be left out.",
        handler=_form,
        asked=FormAsked,
        answers=tuple(
            Answer(FORMS[form].media, schema=_EXAMPLES[form][0], example=_EXAMPLES[form][1])
            for form in ("json-schema", *(one for one in get_args(Form) if one != "json-schema"))
        ),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND,),
        headers={
            "Content-Disposition": "a file name",
            "Maillage-Digest": "SHA-256 of the schema document",
        },
    ),
)
