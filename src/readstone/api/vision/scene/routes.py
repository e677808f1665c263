"""The routes of these operations, for any version (contract 4)."""

from __future__ import annotations

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.query import Query
from readstone.api.routing import Route
from readstone.api.vision.model_version import concrete_model_version
from readstone.api.vision.scene import asked as parameters
from readstone.api.vision.scene.asked import Asked
from readstone.api.vision.scene.codec import Told
from readstone.api.vision.scene.domain_models import analyze_image_by_domain, list_models
from readstone.api.vision.scene.thumbnail import generate_thumbnail
from readstone.api.vision.scene.version import SceneVersion
from readstone.api.vision.scene.viewing import Viewing, json_answer
from readstone.domain.scene import Feature


def scene_routes(viewing: Viewing, version: SceneVersion) -> tuple[Route, ...]:
    """Every operation of this kind that the version has."""
    routes = (
        analyze_image(viewing, version),
        describe_image(viewing, version),
        tag_image(viewing, version),
        generate_thumbnail(viewing, version.model_versions),
        list_models(),
        analyze_image_by_domain(viewing, version),
    )
    if not version.locates:
        return routes
    located = (
        seen_only(viewing, version, "detect", "DetectObjects", Feature.OBJECTS),
        seen_only(viewing, version, "areaOfInterest", "GetAreaOfInterest", Feature.AREA_OF_INTEREST),
    )
    return (*routes, *located)


def analyze_image(viewing: Viewing, version: SceneVersion) -> Route:
    """`POST /analyze`."""

    async def handle(call: Call) -> Response:
        query = Query(call.request.query_params)
        asked = parameters.analysis(query, version)
        told = Told(call.request_id, concrete_model_version(query, version.model_versions))
        return json_answer(version.codec.seen(await viewing.see(call, asked), told))

    return Route("POST", "analyze", "AnalyzeImage", handle, reads=True)


def describe_image(viewing: Viewing, version: SceneVersion) -> Route:
    """`POST /describe`."""

    async def handle(call: Call) -> Response:
        query = Query(call.request.query_params)
        most = parameters.most_captions(query)
        features = frozenset({Feature.DESCRIPTION})
        parameters.check_exclusions(query, version)
        asked = Asked(features, parameters.language(query, version, features))
        told = Told(call.request_id, concrete_model_version(query, version.model_versions))
        return json_answer(version.codec.seen(await viewing.see(call, asked, most), told))

    return Route("POST", "describe", "DescribeImage", handle, reads=True)


def tag_image(viewing: Viewing, version: SceneVersion) -> Route:
    """`POST /tag`."""

    async def handle(call: Call) -> Response:
        query = Query(call.request.query_params)
        features = frozenset({Feature.TAGS})
        asked = Asked(features, parameters.language(query, version, features))
        told = Told(call.request_id, concrete_model_version(query, version.model_versions))
        return json_answer(version.codec.seen(await viewing.see(call, asked), told))

    return Route("POST", "tag", "TagImage", handle, reads=True)


def seen_only(viewing: Viewing, version: SceneVersion, path: str, operation: str, feature: Feature) -> Route:
    """An operation with one feature and no language: `POST /detect`, `POST /areaOfInterest`."""
    asked = Asked(frozenset({feature}), "en")

    async def handle(call: Call) -> Response:
        query = Query(call.request.query_params)
        told = Told(call.request_id, concrete_model_version(query, version.model_versions))
        return json_answer(version.codec.seen(await viewing.see(call, asked), told))

    return Route("POST", path, operation, handle, reads=True)
