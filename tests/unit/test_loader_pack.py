"""The pack that comes with the tracker, and the choices a clinic may make in it."""

import csv
import pickle
from datetime import date
from pathlib import Path

import pytest

from tests.unit.tiny_pack import band, due, late, survivor, tables, tiny_pack, write_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Choices, LateEffectRule, Pack
from tracker.engine.types import Diagnosis, RuleKind
from tracker.guidelines.loader import PACKS, load_pack

FOLDER = PACKS / "childhood-cancer" / "2026.1"
LMS_RIVAL = "EpSSG NRSTS 2005 off-therapy follow-up"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def rows(file: str) -> list[dict[str, str]]:
    with (FOLDER / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_row_of_the_tables_is_shipped_in_force_or_as_an_alternative(pack: Pack) -> None:
    ids = [row["id"] for file in ("late_effects.csv", "recurrence.csv", "predisposition.csv") for row in rows(file)]
    assert len(ids) == 138 + 406 + 99
    assert set(ids) == set(pack.rules) | set(pack.alternatives)
    assert not set(pack.rules) & set(pack.alternatives)


def test_the_default_rows_are_in_force(pack: Pack) -> None:
    kinds = [rule.kind for rule in pack.rules.values()]
    assert kinds.count(RuleKind.LATE_EFFECTS) == 135
    assert kinds.count(RuleKind.RECURRENCE) == 336
    assert kinds.count(RuleKind.PREDISPOSITION) == 99
    assert all(rule.note.startswith("alternative") for rule in pack.alternatives.values())


def test_every_rule_keeps_what_it_was_read_from(pack: Pack) -> None:
    for rule in (*pack.rules.values(), *pack.alternatives.values()):
        assert rule.source
        assert rule.confidence in ("confirmed", "partly", "recalled")
    by_id = {row["id"]: row for row in rows("late_effects.csv")}
    echo = pack.rules["echo-high"]
    row = by_id["echo-high"]
    assert (echo.source, echo.evidence, echo.note) == (row["source"], row["evidence"], row["note"])
    assert rows("late_effects.csv")[echo.line - 2]["id"] == "echo-high"


def test_the_vocabulary_is_complete(pack: Pack) -> None:
    assert len(pack.exposures) == 117
    assert len(pack.derivations) == 26
    assert len(pack.diagnoses) == 22
    assert sum(len(fields) for fields in pack.strata.values()) == 31
    assert sum(len(codes) - 1 for codes in pack.satisfied_by_result.values()) == 43
    assert pack.exposures["chest_rt_gy"].unit == "Gy"
    assert pack.exposures["chest_rt_gy"].stem == "chest_rt"
    assert pack.exposures["bleomycin_u_m2"].stem == "bleomycin"
    assert pack.exposures["rbc_transfusions_n"].stem == "rbc_transfusions"
    assert pack.exposures["nephrectomy"].stem == "nephrectomy"
    assert "ALL" in pack.diagnoses["Acute lymphoblastic leukemia"].synonyms


def test_every_exposure_has_a_short_name_for_each_reader(pack: Pack) -> None:
    for info in pack.exposures.values():
        assert 2 < len(info.label) <= 60, info.name
        assert 2 < len(info.plain_label) <= 60, info.name
        assert "_" not in info.label + info.plain_label
        assert not any(word in info.plain_label for word in ("cancer", "tumor", "Gy", "mg", "disease", "syndrome"))


def test_every_test_that_a_rule_asks_for_has_names_and_a_place(pack: Pack) -> None:
    for rule in (*pack.rules.values(), *pack.alternatives.values()):
        test = pack.tests[rule.test_code]
        assert test.name and test.plain_name
        assert test.place in ("visit", "order", "referral", "home", "vaccine")
    assert pack.tests["semen-analysis"].confidential
    assert not pack.tests["echocardiogram"].confidential


def test_settings_are_read(pack: Pack) -> None:
    assert (pack.name, pack.edition, pack.key) == ("childhood-cancer", "2026.1", "childhood-cancer/2026.1")
    assert (pack.upcoming_days, pack.overdue_days) == (60, 90)
    assert pack.effective_on == date(2026, 1, 1)
    assert pack.events == {"pregnancy_planned", "growth_complete", "fertility_request"}
    assert pack.visit_test == "survivorship-clinic-visit"
    assert pack.rights and pack.sources


def test_the_pack_is_found_by_name_edition_or_folder_and_read_once(pack: Pack) -> None:
    assert load_pack("childhood-cancer/2026.1") is pack
    assert load_pack("childhood-cancer") is pack
    assert load_pack(FOLDER) is pack
    assert load_pack(str(FOLDER)) is pack


def test_a_pack_elsewhere_is_read_afresh_each_time(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack", tables())
    first = load_pack(folder)
    write_pack(folder, tables(late_effects=[late("le-1", interval="P2Y")]))
    assert first.rules["le-1"].interval_text == "P1Y"
    assert load_pack(folder).rules["le-1"].interval_text == "P2Y"


def test_a_pack_can_be_sent_to_another_process(pack: Pack) -> None:
    copy = pickle.loads(pickle.dumps(pack))
    facts = survivor(exposures={"doxorubicin_mg_m2": 300})
    assert evaluate(facts, copy, on=date(2026, 1, 1)) == evaluate(facts, pack, on=date(2026, 1, 1))


def test_rules_are_indexed_by_the_exposures_that_can_trigger_them(pack: Pack) -> None:
    always = {rule.id for rule in pack.late_effects_always}
    assert always == {row["id"] for row in rows("late_effects.csv") if row["exposure"].startswith("any_cancer")}
    indexed = {rule.id for found in pack.late_effects_by_trigger.values() for rule in found.values()}
    assert always | indexed == {rule.id for rule in pack.late_effects}
    assert not always & indexed
    assert "echo-high" in {rule.id for rule in pack.late_effects_by_trigger["heart_rt_gy"].values()}


def test_ages_at_which_a_row_may_change_are_known_beforehand(pack: Pack) -> None:
    def ages(rule_id: str) -> tuple[int, ...]:
        rule = pack.rules[rule_id]
        assert isinstance(rule, LateEffectRule)
        return rule.ages

    assert ages("echo-high") == (0,)
    assert ages("psychosocial-history-adult") == (0, 19)
    assert ages("audiology-6to11") == (0, 6, 12)
    assert ages("ecg-adult-repeat") == (0,)


def test_each_alternative_late_effects_row_takes_the_place_of_the_row_it_rivals(pack: Pack) -> None:
    assert dict(pack.rivals) == {
        "breast-clinical-exam-cog": ("breast-clinical-exam",),
        "glucose-abdomen-rt-cog": ("glucose-pancreas-rt",),
        "lipids-tbi-cog": ("lipids-tbi-hsct",),
    }
    for alternative, replaced in pack.rivals.items():
        chosen = load_pack(choices=Choices(late_effects=(alternative,)))
        assert alternative in chosen.rules
        assert set(replaced) <= set(chosen.alternatives)
        assert set(chosen.rules) == (set(pack.rules) | {alternative}) - set(replaced)


def test_a_chosen_source_takes_the_place_of_all_default_schedules_of_the_diagnosis(pack: Pack) -> None:
    chosen = load_pack(choices=Choices(recurrence=(("Leiomyosarcoma", LMS_RIVAL),)))
    assert {schedule.source for schedule in chosen.schedules["Leiomyosarcoma"]} == {LMS_RIVAL}
    assert chosen.schedules["Osteosarcoma"] == pack.schedules["Osteosarcoma"]
    assert len(chosen.rules) + len(chosen.alternatives) == len(pack.rules) + len(pack.alternatives)
    assert chosen.choices != pack.choices


def test_a_choice_changes_the_plan_and_leaves_the_default_pack_alone() -> None:
    facts = survivor(
        diagnoses=(Diagnosis("Leiomyosarcoma", end_of_therapy_on=date(2026, 1, 1), tumor={"site": "extremity"}),)
    )
    default = evaluate(facts, load_pack(), on=date(2026, 2, 1))
    chosen = load_pack(choices=Choices(recurrence=(("Leiomyosarcoma", LMS_RIVAL),)))
    rival = evaluate(facts, chosen, on=date(2026, 2, 1))
    assert due(default, "chest-ct") == date(2026, 4, 1)
    assert due(rival, "chest-ct") is None
    assert due(rival, "chest-imaging") == date(2026, 4, 1)
    assert evaluate(facts, load_pack(), on=date(2026, 2, 1)) == default


def test_every_alternative_of_the_pack_can_be_chosen(pack: Pack) -> None:
    recurrence = [rule for rule in pack.alternatives.values() if rule.kind is RuleKind.RECURRENCE]
    offered = {(getattr(rule, "diagnosis", ""), rule.source) for rule in recurrence}
    assert len(offered) == 13
    for diagnosis, source in sorted(offered):
        chosen = load_pack(choices=Choices(recurrence=((diagnosis, source),)))
        assert {schedule.source for schedule in chosen.schedules[diagnosis]} == {source}


def test_rivals_are_never_in_force_together(tmp_path: Path) -> None:
    rival = {"source": "a rival", "note": "alternative"}
    made = [band("rc-1", to=""), band("rv-1", to="", interval="P1Y", **rival)]
    facts = survivor()
    default = tiny_pack(tmp_path, recurrence=made)
    chosen = tiny_pack(tmp_path, recurrence=made, choices=Choices(recurrence=(("Sarcoma", "a rival"),)))
    assert due(evaluate(facts, default, on=date(2010, 7, 1)), "scan") == date(2010, 9, 15)
    assert due(evaluate(facts, chosen, on=date(2010, 7, 1)), "scan") == date(2011, 6, 15)
    assert sorted(chosen.alternatives) == ["rc-1"]


def test_a_rival_late_effects_row_replaces_only_when_chosen(tmp_path: Path) -> None:
    made = [late("le-1"), late("alt", interval="P5Y", note="alternative; rival of le-1")]
    rivals = [{"id": "alt", "replaces": "le-1"}]
    default = tiny_pack(tmp_path, late_effects=made, rivals=rivals)
    chosen = tiny_pack(tmp_path, late_effects=made, rivals=rivals, choices=Choices(late_effects=("alt",)))
    assert [rule.id for rule in default.late_effects] == ["le-1"]
    assert [rule.id for rule in chosen.late_effects] == ["alt"]
