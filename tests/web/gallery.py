"""A bare application that shows every component once: for the tests, and for looking at."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask, abort, flash, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from jinja2 import FileSystemLoader
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FileField,
    Form,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Optional

from tracker.web.csp import init_security_headers
from tracker.web.fields import DatePartsField, QuantityField
from tracker.web.ui import TEMPLATES, init_ui

TODAY = date(2026, 11, 23)
SOURCES = [("here", "Done here"), ("elsewhere", "Done elsewhere, report seen"), ("claimed", "Told by the family")]
TESTS = {"Heart": [("echo", "Echocardiogram"), ("ecg", "Electrocardiogram")], "Blood": [("cbc", "Blood count")]}


class GalleryForm(Form):
    """One field of each kind."""

    item = HiddenField(default="item-7")
    performed_on = DatePartsField("Date of the echocardiogram", noun="the date of the echocardiogram")
    reported_on = DatePartsField("Date of the report", [Optional()])
    ejection = QuantityField("Ejection fraction", [DataRequired("Enter the ejection fraction")], unit="%")
    dose = QuantityField("Doxorubicin, cumulative dose", [Optional()], unit="mg/m2")
    reader = StringField("Read by", [DataRequired("Enter who read it")], description="Name or initials")
    attempts = IntegerField("Attempts", [Optional()])
    test = SelectField("Test", choices=TESTS)
    source = RadioField("Where it was done", [InputRequired("Choose where it was done")], choices=SOURCES)
    flags = SelectMultipleField("Flags", choices=[("recurrence", "Recurrence"), ("late", "Late effects")])
    adequate = BooleanField("The study was adequate")
    report = TextAreaField("Report", [Optional()], description="The conclusion is enough")
    letter = FileField("Letter", [Optional()])
    password = PasswordField("Password", [DataRequired("Enter your password")])


def make_gallery_app(*, strict: bool = True, **context: Any) -> Flask:
    """The application; ``context`` adds to or replaces what base.html is given."""
    app = Flask("tracker.app", root_path=str(TEMPLATES.parent / "tracker"), static_folder="static")
    app.config.update(SECRET_KEY="gallery", TESTING=True, STRICT_TEMPLATES=strict)
    CSRFProtect(app)
    app.jinja_loader = FileSystemLoader(Path(__file__).parent)
    init_ui(app)
    init_security_headers(app)
    app.context_processor(lambda: page_context() | context)
    add_routes(app)
    return app


class Person:
    is_authenticated = True
    display_name = "Dana Ruiz"


def page_context() -> dict[str, Any]:
    return {
        "current_user": Person(),
        "clinic": {"name": "Harbor Children's Survivorship Clinic"},
        "nav": [
            {"href": "/", "text": "Worklist", "current": True},
            {"href": "/day", "text": "Clinic day", "current": False},
            {"href": "/new", "text": "Enroll", "current": False},
        ],
        "search_href": "/search",
        "search_query": "",
        "sign_out_href": "/sign-out",
        "account_href": "/account",
        "banners": [
            {"kind": "stale", "text": "The nightly check has not finished for 26 hours.", "href": "/health"},
            {"kind": "example", "text": "Dates come from an example pack, not yet adopted by this clinic."},
        ],
        "today": TODAY,
    }


def typed(values: Mapping[str, str]) -> GalleryForm:
    """The form as it comes back after somebody sent ``values``, validated."""
    form = GalleryForm(MultiDict(values))
    form.validate()
    return form


def add_routes(app: Flask) -> None:
    @app.get("/")
    def show() -> ResponseReturnValue:
        flash(Markup('Echocardiogram recorded. Next due May 14, 2028. <a href="/undo">Undo</a>'), "success")
        form = GalleryForm(data={"performed_on": TODAY, "ejection": Decimal("61.50"), "source": "here"})
        return render_template("gallery.html", form=form)

    @app.get("/rejected")
    def rejected() -> ResponseReturnValue:
        return render_template("gallery.html", form=typed({"performed_on-month": "2", "performed_on-day": "30"}))

    @app.get("/error/<int:status>")
    def error(status: int) -> ResponseReturnValue:
        return render_template(f"errors/{status}.html", message="", reference="a1b2c3d4"), status

    @app.get("/abort")
    def refuse() -> ResponseReturnValue:
        abort(404)
