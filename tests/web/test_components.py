"""Each component rendered in a bare application: wired for assistive technology, escaped, and without a script."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField

from tests.web.gallery import GalleryForm, make_gallery_app, typed
from tracker.web.statuses import LOOKS

HOSTILE = '"><script>alert(1)</script>'
STATUSES = list(LOOKS)


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_gallery_app()


@pytest.fixture(autouse=True)
def in_a_request(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


def show(source: str, **context: Any) -> str:
    """The markup of a line that uses the components, with spaces folded."""
    html = render_template_string('{% import "components/ui.html" as ui %}' + source, **context)
    return re.sub(r"\s+", " ", html).strip()


def field(name: str, form: GalleryForm | None = None, options: str = "") -> str:
    return show(f"{{{{ ui.render_field(form.{name}{options}) }}}}", form=form or GalleryForm())


def tag_of(html: str, pattern: str) -> str:
    """The first tag that matches."""
    found = re.search(pattern, html)
    assert found, f"{pattern} is not in {html}"
    return found[0]


def test_a_label_belongs_to_its_box() -> None:
    html = field("reader")
    assert 'for="reader"' in tag_of(html, r"<label[^>]*>")
    assert 'id="reader"' in tag_of(html, r"<input[^>]*>")


def test_a_hint_and_an_error_are_read_with_the_box() -> None:
    html = field("reader", typed({}))
    assert 'aria-describedby="reader-hint reader-error"' in tag_of(html, r"<input[^>]*>")
    assert re.search(r'id="reader-hint"[^>]*> ?Name or initials', html)
    assert 'id="reader-error"' in html
    assert '<span class="nhsuk-u-visually-hidden">Error: </span>Enter who read it' in html


def test_a_box_without_error_says_nothing_of_one() -> None:
    html = field("reader")
    assert "error" not in html
    assert 'aria-describedby="reader-hint"' in html


@pytest.mark.parametrize("name", ["ejection", "reader", "test", "password"])
def test_every_refused_single_box_is_described_by_its_error(name: str) -> None:
    html = field(name, typed({}))
    box = tag_of(html, rf'<(?:input|select)[^>]* id="{name}"[^>]*>')
    assert f"{name}-error" in box
    assert f'id="{name}-error"' in html


def test_a_refused_date_names_its_boxes_and_marks_the_wrong_one() -> None:
    values = {"performed_on-month": "3", "performed_on-day": "31", "performed_on-year": "26"}
    html = field("performed_on", typed(values))
    assert 'aria-describedby="performed_on-hint performed_on-error"' in tag_of(html, r"<fieldset[^>]*>")
    marked = re.findall(r'<input class="([^"]*)" id="performed_on-(\w+)"[^>]*value="([^"]*)"', html)
    assert [(part, value, "nhsuk-input--error" in classes) for classes, part, value in marked] == [
        ("month", "3", False),
        ("day", "31", False),
        ("year", "26", True),
    ]


def test_a_date_is_asked_month_first_with_an_example() -> None:
    html = field("performed_on")
    assert re.findall(r'name="performed_on-(\w+)"', html) == ["month", "day", "year"]
    assert "For example, 3 14 2026" in html


def test_radios_are_a_group_whose_error_is_read_with_it() -> None:
    html = field("source", typed({}))
    assert 'aria-describedby="source-error"' in tag_of(html, r"<fieldset[^>]*>")
    assert 'id="source"' in tag_of(html, r'<input[^>]*value="here"[^>]*>')
    assert "checked" not in html


def test_a_rejected_form_keeps_what_was_typed() -> None:
    form = typed({"reader": HOSTILE, "ejection": "high", "report": "a\n  b", "test": "ecg", "source": "claimed"})
    assert "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in field("reader", form)
    assert 'value="high"' in field("ejection", form)
    assert '<option value="ecg" selected>' in field("test", form)
    assert "checked" in tag_of(field("source", form), r'<input[^>]*value="claimed"[^>]*>')


def test_a_password_is_never_sent_back() -> None:
    assert "secret" not in field("password", typed({"password": "secret"}))


def test_lines_of_a_text_keep_their_place_even_below_a_radio() -> None:
    form = GalleryForm(MultiDict({"report": "first\n  second\nthird"}))
    below = '{% set inner %}{{ ui.render_field(form.report) }}{% endset %}{{ ui.render_field(form.source, conditional={"elsewhere": inner}) }}'
    html = render_template_string('{% import "components/ui.html" as ui %}' + below, form=form)
    assert ">first\n  second\nthird</textarea>" in html


def test_a_unit_is_seen_behind_the_box_and_heard_with_its_label() -> None:
    html = field("dose")
    assert '<div class="nhsuk-input-wrapper__suffix" aria-hidden="true">mg/m²</div>' in html
    assert re.search(r"dose \(optional\) ?<span class=\"nhsuk-u-visually-hidden\"> in mg/m²</span>", html)
    assert 'inputmode="decimal"' in html


def test_optional_fields_say_so_and_required_ones_do_not() -> None:
    assert "Date of the report (optional)" in field("reported_on")
    assert "(optional)" not in field("performed_on")


def test_choices_come_in_groups_where_they_were_grouped() -> None:
    html = field("test")
    assert re.findall(r'<optgroup label="(\w+)">', html) == ["Heart", "Blood"]
    assert html.count("<option") == 3


def test_one_box_to_tick_is_described_by_its_error() -> None:
    html = show('{{ ui.checkbox("agree", "I agree", error="Tick the box", hint="Once") }}')
    assert 'aria-describedby="agree-error agree-item-hint"' in tag_of(html, r"<input[^>]*>")
    assert html.count("aria-describedby") == 1


def test_extra_attributes_of_a_field_reach_its_box() -> None:
    class Contact(Form):
        email = StringField("Email", render_kw={"autocomplete": "email", "spellcheck": "false"})

    html = show("{{ ui.render_field(form.email) }}", form=Contact())
    box = tag_of(html, r"<input[^>]*>")
    assert 'autocomplete="email"' in box
    assert 'spellcheck="false"' in box


def test_the_error_summary_links_each_sentence_to_its_box() -> None:
    html = show("{{ ui.error_summary(form) }}", form=typed({"performed_on-month": "3", "performed_on-day": "1"}))
    assert 'role="alert"' in html
    assert '<a href="#performed_on-year"> The date of the echocardiogram must include a year </a>' in html
    assert '<a href="#reader">' in html


def test_no_error_means_no_summary() -> None:
    assert show("{{ ui.error_summary(form) }}", form=GalleryForm()) == ""
    assert show("{{ ui.error_summary() }}") == ""


def test_errors_of_a_service_join_the_summary() -> None:
    html = show('{{ ui.error_summary(extra=[{"text": "The date is in the <future>", "href": "#on"}, {"text": "x"}]) }}')
    assert '<a href="#on"> The date is in the &lt;future&gt; </a>' in html
    assert "<li> x </li>" in html


def test_the_title_says_error_first_only_when_there_is_one() -> None:
    line = '{{ ui.page_title("Log a result", form) }}'
    assert show(line, form=typed({})) == "Error: Log a result"
    assert show(line, form=GalleryForm()) == "Log a result"


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_a_word_with_a_shape_of_its_own(status: str) -> None:
    html = show("{{ ui.status_tag(status) }}", status=status)
    assert re.search(r"</svg>\s*[A-Z][a-z ]+</span>$", html)
    assert 'aria-hidden="true"' in html


def test_the_statuses_of_a_due_item_never_share_a_shape() -> None:
    told_apart = ["planned", "upcoming", "due", "overdue", "booked", "done", "declined"]
    assert len({LOOKS[status][1] for status in told_apart}) == len(told_apart)
    assert len({str(word) for word, _, _ in LOOKS.values()}) == len(LOOKS)


def test_the_warm_color_is_kept_for_what_is_late_or_failed() -> None:
    warm = [status for status in STATUSES if "app-tag--warm" in show("{{ ui.status_tag(s) }}", s=status)]
    assert warm == ["overdue", "failed", "stale"]


def test_an_unknown_status_is_shown_as_it_is_and_escaped() -> None:
    assert show("{{ ui.status_tag(s) }}", s=HOSTILE).count("&lt;script&gt;") == 1


@pytest.mark.parametrize(
    "line",
    [
        "{{ ui.button(x) }}",
        "{{ ui.link_button(x, '/', about=x) }}",
        "{{ ui.post_button(x, '/', fields={'a': x}, aria_label=x) }}",
        "{{ ui.input(x, x, value=x, hint=x, error=x, suffix=x, prefix=x) }}",
        "{{ ui.textarea('a', x, value=x, hint=x, error=x) }}",
        "{{ ui.select('a', x, [(x, x), {'value': x, 'group': x}], value=x, hint=x, error=x) }}",
        "{{ ui.radios('a', x, [{'value': x, 'text': x, 'hint': x}], value=x, hint=x, error=x) }}",
        "{{ ui.checkboxes('a', x, [(x, x)], values=[x], hint=x, error=x) }}",
        "{{ ui.checkbox('a', x, hint=x, error=x) }}",
        "{{ ui.date_parts('a', x, parts={'month': x}, hint=x, error=x) }}",
        "{{ ui.file('a', x, hint=x, error=x, accept=x) }}",
        "{{ ui.password('a', x, hint=x, error=x) }}",
        "{% call ui.fieldset(x, hint=x) %}{{ x }}{% endcall %}",
        "{{ ui.error_summary(title=x, extra=[{'text': x, 'href': x}]) }}",
        "{{ ui.page_heading(x, caption=x) }}",
        "{{ ui.summary_list([{'key': x, 'value': x, 'actions': [{'href': x, 'text': x}]}]) }}",
        "{{ ui.tag(x) }}{{ ui.status_tag('due', text=x) }}",
        "{% call ui.details(x) %}{{ x }}{% endcall %}",
        "{% call ui.why(x, about=x) %}{{ x }}{% endcall %}",
        "{% call ui.fold(x, count=3) %}{{ x }}{% endcall %}",
        "{% call ui.section(x, 's') %}{{ x }}{% endcall %}",
        "{% call ui.table(x, [x, {'text': x, 'hidden': true}], label=x) %}<tr><td>{{ x }}</td></tr>{% endcall %}",
        "{{ ui.rows_table(x, [x, {'text': x}], [[x, x], [{'text': x}, x]], stack=true) }}",
        "{{ ui.pagination(previous_href=x, next_href=x) }}",
        "{{ ui.stat_row(x, [{'text': x, 'count': 1, 'href': x}]) }}",
        "{% call ui.card(x, href=x) %}{{ x }}{% endcall %}",
        "{% call ui.warning(x) %}{{ x }}{% endcall %}",
        "{% call ui.notification(title=x) %}{{ x }}{% endcall %}",
        "{{ ui.empty_state(x, x) }}",
        "{{ ui.task_list([{'title': x, 'href': x, 'status': x, 'hint': x}]) }}",
        "{{ ui.breadcrumb([{'href': x, 'text': x}]) }}{{ ui.back_link(x, x) }}",
        "{{ ui.search_box(x, query=x, label=x) }}",
        "{% call ui.filters(x, clear_href=x, submit=x) %}{{ ui.filter_text('a', x, x) }}{{ ui.filter_select('b', x, [(x, x)], x) }}{% endcall %}",
    ],
)
def test_whatever_is_given_is_escaped(line: str) -> None:
    html = show(line, x=HOSTILE)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_wide_table_scrolls_in_a_region_the_keyboard_reaches() -> None:
    html = show('{% call ui.table("Due", ["Test"]) %}<tr><td>MRI</td></tr>{% endcall %}')
    assert '<div class="app-table-scroll" role="region" aria-label="Due" tabindex="0">' in html
    assert '<caption class="nhsuk-table__caption">Due</caption>' in html
    assert '<th scope="col" class="nhsuk-table__header">Test</th>' in html


def test_a_table_without_rows_says_what_to_say_instead() -> None:
    assert (
        show('{{ ui.rows_table("Due", ["Test"], [], empty="Nothing is due.") }}')
        == '<p class="app-muted">Nothing is due.</p>'
    )


def test_each_row_is_named_by_its_first_cell() -> None:
    html = show('{{ ui.rows_table("Due", ["Test", {"text": "Value", "numeric": true}], [["Echo", "61"]]) }}')
    assert '<th class="nhsuk-table__header" scope="row">' in html
    assert '<td class="nhsuk-table__cell nhsuk-table__cell--numeric">' in html


def test_counts_always_add_up_to_the_total_shown() -> None:
    html = show('{{ ui.stat_row("Everyone", [{"text": "due", "count": 34}, {"text": "overdue", "count": 1227}]) }}')
    assert "Everyone <b>1,261</b>" in html
    assert "overdue <b>1,227</b>" in html


def test_the_filter_in_force_is_said_not_only_drawn() -> None:
    html = show('{{ ui.stat_row("All", [{"text": "due", "count": 1, "href": "?s=due", "current": true}]) }}')
    assert '<a class="app-stats__link" href="?s=due" aria-current="true">' in html


def test_a_page_of_everything_needs_no_pages() -> None:
    assert show("{{ ui.pagination() }}") == ""
    assert "25 of 1,236" in show('{{ ui.pagination(next_href="?after=x", shown=25, total=1236) }}')


def test_a_date_is_given_to_machines_too() -> None:
    html = show("{{ ui.date(day, today) }}", day=date(2026, 10, 3), today=date(2026, 11, 23))
    assert '<time datetime="2026-10-03" class="app-nowrap">Oct 3, 2026</time>' in html
    assert "7 weeks ago" in html
    assert show("{{ ui.date(none) }}") == ""


def test_an_act_of_one_press_is_a_form_with_a_token() -> None:
    html = show('{{ ui.post_button("Undo", "/undo", fields={"id": "7"}) }}')
    assert 'method="post" action="/undo"' in html
    assert re.search(r'<input type="hidden" name="csrf_token" value="[^"]{20,}">', html)
    assert '<input type="hidden" name="id" value="7">' in html


def test_disclosures_work_without_a_script_and_say_what_they_are_about() -> None:
    html = show('{% call ui.why(about="MRI abdomen") %}<p>Because</p>{% endcall %}')
    assert html.startswith('<details class="nhsuk-details app-why">')
    assert 'Why<span class="nhsuk-u-visually-hidden">: MRI abdomen</span>' in html
