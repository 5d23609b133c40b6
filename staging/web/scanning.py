"""What does a phone's camera see? Its pictures are decoded here; nothing is kept."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from staging.adapters.frame import MOST_BYTES, decode_frame
from staging.core.faults import Fault, Refused, Where
from staging.web.gate import needs

scanning = Blueprint("scanning", __name__)


@scanning.post("/scan/decode")
@needs("see")
def decode() -> ResponseReturnValue:
    """The codes in a picture, as JSON; raises Refused for what is none."""
    if (request.content_length or 0) > MOST_BYTES:
        raise Refused(Fault("frame-unreadable", Where("camera")))
    return jsonify(codes=decode_frame(request.get_data(cache=False)))
