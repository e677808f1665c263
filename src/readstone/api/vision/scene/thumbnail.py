"""`POST /generateThumbnail` (contract 4.1, 4.2)."""

from __future__ import annotations

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.query import Query
from readstone.api.routing import Route
from readstone.api.vision.model_version import concrete_model_version
from readstone.api.vision.scene import asked as parameters
from readstone.api.vision.scene.viewing import Viewing


def generate_thumbnail(viewing: Viewing, model_versions: tuple[str, ...]) -> Route:
    """The route of one version. SDKs ask with `Accept: application/octet-stream` and get an image type all the same."""

    async def handle(call: Call) -> Response:
        query = Query(call.request.query_params)
        width, height = parameters.thumbnail_size(query)
        smart = query.boolean("smartCropping", default=False)
        concrete_model_version(query, model_versions)  # judged, but an image has no place to tell it
        made = await viewing.thumbnail(call, width, height, smart=smart)
        return Response(made.data, media_type=made.media_type)

    return Route("POST", "generateThumbnail", "GenerateThumbnail", handle, reads=True)
