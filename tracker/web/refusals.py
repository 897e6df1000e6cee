"""What a service refuses, shown where it was typed."""

from wtforms import Form

from tracker.errors import Invalid, TrackerError


def refuse(form: Form, error: TrackerError) -> None:
    """Put a service's sentence at the field it names, or on top of the form."""
    field = error.field if isinstance(error, Invalid) else None
    # A form in which one thing can be asked in several boxes says in which it was.
    if field is not None and hasattr(form, "box_of"):
        field = form.box_of(field)
    if field is not None and field in form:
        form[field].errors = [*form[field].errors, str(error)]
    else:
        form.form_errors.append(str(error))
