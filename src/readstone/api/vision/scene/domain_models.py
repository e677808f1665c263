"""`GET /models` and `POST /models/{model}/analyze` (contract 4.2, 10.4)."""

from __future__ import annotations

import json

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.query import Query
from readstone.api.routing import Route
from readstone.api.vision.model_version import concrete_model_version
from readstone.api.vision.scene import asked as parameters
from readstone.api.vision.scene.asked import Asked
from readstone.api.vision.scene.codec import Told
from readstone.api.vision.scene.version import SceneVersion
from readstone.api.vision.scene.viewing import Viewing, json_answer
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.scene import Feature

_FEATURES = {"celebrities": Feature.CELEBRITIES, "landmarks": Feature.LANDMARKS}

# Names of categories in zh, ja, pt and es among them, as the documentation of the live service lists them.
_MODELS = {
    "models": [
        {"name": "celebrities", "categories": ["people_", "人_", "pessoas_", "gente_"]},
        {
            "name": "landmarks",
            "categories": [
                *("outdoor_", "户外_", "屋外_", "aoarlivre_", "alairelibre_"),
                *("building_", "建筑_", "建物_", "edifício_"),
            ],
        },
    ]
}


def list_models() -> Route:
    """`GET /models`: the same in every version, without requestId and modelVersion."""
    body = json.dumps(_MODELS, ensure_ascii=False, separators=(",", ":")).encode()

    async def handle(_call: Call) -> Response:
        return json_answer(body)

    return Route("GET", "models", "ListModels", handle)


def analyze_image_by_domain(viewing: Viewing, version: SceneVersion) -> Route:
    """`POST /models/{model}/analyze`; the model's name in any letter case."""

    async def handle(call: Call) -> Response:
        model = call.match.captured["model"] if call.match else ""
        feature = _FEATURES.get(model.lower())
        if feature is None:
            raise Refusal(Reason.DOMAIN_MODEL, "The domain model is not supported.")
        query = Query(call.request.query_params)
        features = frozenset({feature})
        asked = Asked(features, parameters.language(query, version, features))
        told = Told(call.request_id, concrete_model_version(query, version.model_versions))
        return json_answer(version.codec.named(await viewing.see(call, asked), told))

    return Route("POST", "models/{model}/analyze", "AnalyzeImageByDomain", handle, reads=True)
