import json

import pytest

from readstone.domain.refusals import Reason, Refusal
from readstone.errors import TABLE, Caller, Envelope, answer


def test_the_table_has_every_reason() -> None:
    assert set(TABLE) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("envelope", Envelope)
def test_every_reason_has_a_body_in_every_envelope(reason: Reason, envelope: Envelope) -> None:
    caller = Caller("id", envelope, "v3.2", "Op", "http://x/vision")
    given = answer(Refusal(reason, "Sentence.", retry_after=3), caller)
    body = json.loads(given.body)
    assert given.status == TABLE[reason].status
    # azure-core retries whatever error carries Retry-After.
    assert ("Retry-After" in given.headers) == (given.status in (429, 503))
    if envelope is Envelope.UNION and not TABLE[reason].gateway:
        said = {"code": given.code, "message": "Sentence."}
        assert body == {"error": said, **said, "requestId": "id"}
    elif envelope is Envelope.FLAT and not TABLE[reason].gateway:
        assert body == {"code": given.code, "requestId": "id", "message": "Sentence."}
    else:
        assert body["error"]["message"]


def test_server_faults_are_5xx_and_callers_faults_4xx() -> None:
    ours = {Reason.TIMEOUT, Reason.UNAVAILABLE, Reason.INTERNAL}
    assert {reason for reason, row in TABLE.items() if row.status >= 500} == ours
