"""The one shape of errors."""

from typing import Any

from httpx import Response


def error_of(response: Response, status: int, code: str) -> dict[str, Any]:
    """The body of an error, checked to have the one shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == {"code", "message", "hint", "details", "request_id"}
    assert error["code"] == code
    assert error["message"]
    assert error["request_id"] == response.headers["x-request-id"] != ""
    assert all(set(detail) == {"field", "message"} for detail in error["details"])
    return error


def fields(error: dict[str, Any]) -> list[str]:
    """The fields that an error blames."""
    return [detail["field"] for detail in error["details"]]
