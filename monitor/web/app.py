"""The routes. Nothing here computes: metrics and page are made in threads, the daemon knows the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from monitor.metrics.collector import Metrics
from monitor.metrics.exposition import Format
from monitor.web.board import USUAL_WINDOW, WINDOWS, Board

LATE = 1.0
"""Seconds of loop lag from which the process counts as not well."""

_METHODS = ["GET", "HEAD"]


def make_app(
    metrics: Metrics,
    board: Board,
    *,
    troubles: Callable[[], Sequence[str]],
    loop_lag: Callable[[], float],
) -> FastAPI:
    """The web application.

    ``troubles`` says what keeps landwatch from being ready, and ``loop_lag`` how late the loop was when last
    looked at.
    """
    app = FastAPI(title="landwatch", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(SecurityHeaders, style_hash=board.style_hash)

    @app.api_route("/metrics", methods=_METHODS)
    async def scrape(request: Request) -> Response:
        wanted = Format.asked(request.headers.get("accept", ""), request.headers.get("accept-encoding", ""))
        return Response(await metrics.render(wanted), headers=wanted.headers)

    @app.api_route("/healthz", methods=_METHODS)
    async def alive() -> Response:
        lag = loop_lag()
        if lag >= LATE:
            return PlainTextResponse(f"the event loop is {lag:.1f} s late\n", 503)
        return PlainTextResponse("alive\n")

    @app.api_route("/readyz", methods=_METHODS)
    async def ready() -> Response:
        reasons = list(troubles())
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    @app.api_route("/", methods=_METHODS)
    async def status(window: str = USUAL_WINDOW) -> Response:
        if window not in WINDOWS:
            return PlainTextResponse(f"no such window; there are {', '.join(WINDOWS)}\n", 400)
        return Response(await board.page(window), media_type="text/html; charset=utf-8")

    return app


Message = MutableMapping[str, Any]


class SecurityHeaders:
    """Tells browsers to load nothing, to embed nothing and to keep nothing."""

    def __init__(
        self,
        app: Callable[[Message, Any, Callable[[Message], Awaitable[None]]], Awaitable[None]],
        style_hash: str,
    ) -> None:
        self._app = app
        policy = (
            f"default-src 'none'; style-src 'sha256-{style_hash}'; img-src data:; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        )
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"cache-control", b"no-store"),
        ]

    async def __call__(
        self, scope: Message, receive: Any, send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Add the headers to each response."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self._app(scope, receive, with_headers)
