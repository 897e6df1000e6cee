"""The headers every answer carries: what a page may load, who may frame it, and that nobody keeps a copy."""

import secrets

from flask import Flask, Response, g, request

PERMISSIONS = ("camera", "geolocation", "microphone", "payment", "usb")
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in PERMISSIONS),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = (
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)
A_YEAR = 365 * 24 * 3600


def csp_nonce() -> str:
    """This answer's nonce, made when first asked for; a page that asks for none allows no inline script at all."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def init_security_headers(app: Flask) -> None:
    """Add the headers to every answer of the application, error pages included."""
    app.after_request(add_security_headers)


def add_security_headers(response: Response) -> Response:
    for name, value in FIXED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", content_policy())
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}; includeSubDomains")
    response.headers["Cache-Control"] = cache_rule()
    return response


def content_policy() -> str:
    nonce = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
    return "; ".join((*POLICY, f"script-src 'self'{nonce}"))


def cache_rule() -> str:
    """Built files named with their hash may be kept; nothing else, for it may hold somebody's record."""
    if request.endpoint != "static":
        return "no-store"
    return f"public, max-age={A_YEAR}, immutable" if "v" in request.args else "no-cache"
