"""An error names the file, the field and what to write; valid settings are frozen."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from environments.directory import DIRECTORY
from environments.environment import Environment
from environments.files import SettingsError, load, load_all
from tests.fixtures.environment_files import RIGHT, errors, write

SCHEDULE = 'type = "local"\n[schedule]\nexpression = "rate(1 day)"\n'


def test_every_environment_is_loaded_in_the_order_of_the_names() -> None:
    assert [e.name for e in load_all()] == ["dev", "local", "prod", "staging"]


def test_only_local_is_deployed_to_the_local_cloud() -> None:
    assert [e.name for e in load_all() if e.is_local] == ["local"]


def test_no_two_environments_share_a_bucket_or_a_state() -> None:
    environments = load_all()
    assert len({e.runs_bucket for e in environments}) == len(environments)
    assert len({e.prefix for e in environments}) == len(environments)


def test_settings_are_frozen(tmp_path: Path) -> None:
    environment = load("team", write(tmp_path))
    with pytest.raises(ValidationError, match="frozen"):
        environment.region = "us-east-1"


def undescribed(model: type[BaseModel], path: str = "") -> list[str]:
    missing = []
    for name, field in model.model_fields.items():
        if not field.description:
            missing.append(f"{path}{name}")
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                missing += undescribed(inner, f"{path}{name}.")
    return missing


def test_every_field_has_a_description() -> None:
    assert undescribed(Environment) == []


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ('"eu-west-1"', '"Ireland"', "region", "is not an AWS Region"),
        ('account_id = "333333333333"', 'account_id = "3333"', "target.account_id", "write its 12 digits"),
        (
            'account_id = "333333333333"',
            "account_id = 333333333333",
            "target.account_id",
            "it should be a valid string",
        ),
        ('"landing-zone"', '"s3://landing-zone"', "source.bucket", "without s3://"),
        ('"2026/"', '"/2026/"', "source.prefixes.0", "write it without"),
        ('"2026/"', '"2026/*"', "source.prefixes.0", "write a prefix without them"),
        ('"2026/"', '""', "source.prefixes.0", "leave the list itself empty"),
        ('"2026/"', r'"2026/\u0007"', "source.prefixes.0", "contains the control character U+0007: remove it"),
        ('"2026/"', r'"2026/\u202e"', "source.prefixes.0", "contains the control character U+202E: remove it"),
        ('"2026/"', r'"2026/\n"', "source.prefixes.0", "contains the control character U+000A: remove it"),
        ("tags = {}", r'tags = {Team = "a\u0085b"}', "tags.Team", "contains the control character U+0085: remove it"),
        ('"333333333333"', '"٣٣٣٣٣٣٣٣٣٣٣٣"', "target.account_id", "write its 12 digits"),
        (
            '"landing-zone"',
            '"landing-zone"\nbucket_policy = "share"',
            "source.bucket_policy",
            "should be 'own', 'merge' or",
        ),
        (
            '"landing-zone"',
            '"landing-zone"\nbucket_policy = "handover"\ndeploy_role_arn = "arn:aws:iam::444444444444:role/deploy"',
            "source.deploy_role_arn",
            "deploys nothing in the source account: remove it",
        ),
        ('"landing-zone"', '"landing-zone"\nkms_key_arn = "alias/data"', "source.kms_key_arn", "not an alias"),
        (
            '"landing-zone"',
            '"landing-zone"\nkms_key_arn = "arn:aws:kms:eu-west-1:333333333333:key/1"',
            "source.kms_key_arn",
            "belongs to another account than 444444444444",
        ),
        (
            '"landing-zone"',
            '"landing-zone"\nkms_key_arn = "arn:aws:kms:us-east-1:444444444444:key/1"',
            "source.kms_key_arn",
            "write a key of eu-west-1",
        ),
        (
            "tags = {}",
            'tags = {}\nkms_key_arn = "arn:aws:kms:eu-west-1:444444444444:key/1"',
            "kms_key_arn",
            "belongs to another account than 333333333333",
        ),
        ("log_retention_days = 14", "log_retention_days = 15", "log_retention_days", "write one of 1, 3, 5, 7, 14"),
        (
            "log_retention_days = 14",
            "",
            "log_retention_days",
            "required but missing. How many days",
        ),
        (
            "tags = {}",
            "tags = {}\nlog_retention_day = 3",
            "unknown setting log_retention_day",
            "did you mean log_retention_days?",
        ),
        ('"444444444444"', '"333333333333"', "source.account_id", "write the account that owns the source bucket"),
        ('type = "local"', 'type = "s3"', "state_backend.bucket", "write the state bucket"),
        ('type = "local"', 'type = "local"\nbucket = "state"', "state_backend.type", "remove them"),
        ('type = "local"', 'type = "gcs"', "state_backend.type", "should be 's3' or 'local'"),
        (
            "tags = {}",
            'tags = {}\nlocal_cloud_url = "http://example.com:80"',
            "local_cloud_url",
            "http://127.0.0.1:<port>",
        ),
        (
            'type = "local"',
            'type = "local"\n[job]\ntimeout_seconds = 600',
            "job.timeout_seconds",
            "too long for an EXPRESS child execution, which ends after 300 seconds: write at most 290",
        ),
        (
            'type = "local"',
            'type = "local"\n[job]\nreserved_concurrency = 5',
            "map.max_concurrency",
            "would share 5 Lambda instances",
        ),
        ('type = "local"', 'type = "local"\n[map]\nmax_items_per_batch = 10001', "map.max_items_per_batch", "128 KiB"),
        (
            'type = "local"',
            'type = "local"\n[map]\ntolerated_failure_count = 0\ntolerated_failure_percentage = 0',
            "map.tolerated_failure_count",
            "remove one of the two",
        ),
        (
            'account_id = "333333333333"',
            'account_id = "333333333333"\ndeploy_role_arn = "arn:aws:iam::999999999999:role/deploy"',
            "target.deploy_role_arn",
            "this role belongs to another account",
        ),
        ('type = "local"', 'type = "local"\n[alarms]\nemail = "team"', "alarms.email", "is not an email address"),
        (
            'type = "local"',
            'type = "local"\n[alarms]\ntopic = "t"',
            "unknown setting alarms.topic",
            "did you mean topic_arn?",
        ),
        ('type = "local"', 'type = "local"\n[alarms]\ntopic_arn = "team"', "alarms.topic_arn", "write arn:aws:sns:"),
        (
            'type = "local"',
            'type = "local"\n[alarms]\nemail = "a@b.example"\ntopic_arn = "arn:aws:sns:eu-west-1:333333333333:team"',
            "alarms.email",
            "remove one of the two",
        ),
        (
            'type = "local"',
            'type = "local"\n[schedule]',
            "schedule.expression",
            "required but missing. A rate, such",
        ),
        ('type = "local"', SCHEDULE + 'timezone = "UTC+2"', "schedule.timezone", "write its IANA name"),
        (
            'type = "local"',
            SCHEDULE + "every = 3",
            "unknown setting schedule.every",
            "the settings here are expression, prefixes",
        ),
        (
            'type = "local"',
            SCHEDULE + 'prefixes = ["2026/11/", "2025/"]',
            "schedule.prefixes",
            "2025/ is not below any of source.prefixes",
        ),
    ],
)
def test_an_error_names_the_file_the_field_and_what_to_write(
    tmp_path: Path, old: str, new: str, field: str, words: str
) -> None:
    assert old in RIGHT
    (error,) = errors(write(tmp_path, text=RIGHT.replace(old, new)))
    assert error.startswith(f"{tmp_path.name}/team.toml: {field}: ")
    assert words in error


def test_the_errors_of_all_files_are_reported_together(tmp_path: Path) -> None:
    write(tmp_path, "one", RIGHT.replace("eu-west-1", "x").replace('"444444444444"', '"4"'))
    write(tmp_path, "two", RIGHT.replace("landing-zone", "_"))
    reported = "\n".join(errors(tmp_path))
    for expected in ("one.toml: region", "one.toml: source.account_id", "two.toml: source.bucket"):
        assert expected in reported


def test_all_contradictions_of_a_file_are_reported_together(tmp_path: Path) -> None:
    text = RIGHT.replace("444444444444", "333333333333")
    text += "[job]\ntimeout_seconds = 600\nreserved_concurrency = 1"
    assert len(errors(write(tmp_path, text=text))) == 3


def test_a_name_that_is_too_long_for_a_bucket_is_refused(tmp_path: Path) -> None:
    (error,) = errors(write(tmp_path, name="a-very-long-environment-name"))
    assert "make the file name" in error
    assert "characters shorter" in error


def test_a_function_of_standard_children_may_run_longer(tmp_path: Path) -> None:
    text = RIGHT + '[map]\nexecution_type = "STANDARD"\n[job]\ntimeout_seconds = 900'
    assert load("team", write(tmp_path, text=text)).job.timeout_seconds == 900


def test_a_tolerated_count_of_zero_is_kept(tmp_path: Path) -> None:
    environment = load("team", write(tmp_path, text=RIGHT + "[map]\ntolerated_failure_count = 0"))
    assert environment.map.tolerated_failure_count == 0


def test_without_alarms_and_schedule_nobody_is_notified_and_no_run_starts_on_its_own(tmp_path: Path) -> None:
    environment = load("team", write(tmp_path))
    assert (environment.alarms.email, environment.alarms.topic_arn, environment.schedule) == (None, None, None)


def test_a_schedule_may_name_a_prefix_below_an_allowed_one(tmp_path: Path) -> None:
    text = RIGHT + '[schedule]\nexpression = "rate(1 day)"\nprefixes = ["2026/11/"]'
    schedule = load("team", write(tmp_path, text=text)).schedule
    assert schedule is not None
    assert schedule.prefixes == ("2026/11/",)


def test_an_unknown_environment_is_reported_with_the_existing_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no such environment \(existing: team\)"):
        load("prod", write(tmp_path))


def test_invalid_toml_is_reported_with_its_line(tmp_path: Path) -> None:
    (error,) = errors(write(tmp_path, text=RIGHT.replace("tags = {}", "tags = {")))
    assert "not valid TOML" in error
    assert "line" in error


@given(st.text(alphabet="0123456789a- ", max_size=14))
def test_only_twelve_digits_are_an_account_id(value: str) -> None:
    data = tomllib.loads((DIRECTORY / "dev.toml").read_text()) | {"name": "dev"}
    data["target"] = {"account_id": value}
    try:
        accepted = Environment.model_validate(data, strict=False).target.account_id
    except ValidationError:
        assert not (len(value) == 12 and value.isdigit() and value != "444444444444")
    else:
        assert accepted == value
        assert len(value) == 12


DEFAULTS = """
log_retention_days = 30
tags = { Team = "data" }
[company]
name_prefix = "acme"
[company.target]
role_path = "/data/"
"""


def test_what_all_environments_share_is_read_under_each_of_them(tmp_path: Path) -> None:
    write(tmp_path, "defaults", DEFAULTS)
    write(tmp_path, "one", RIGHT.replace("tags = {}", 'tags = { Cost = "7" }'))
    write(tmp_path, "two", RIGHT.replace("log_retention_days = 14\n", "").replace("landing-zone", "archive"))
    one, two = load_all(tmp_path)
    assert (one.prefix, one.company.target.role_path, one.log_retention_days) == ("acme-one", "/data/", 14)
    assert (two.prefix, two.tags, two.log_retention_days) == ("acme-two", {"Team": "data"}, 30)
    assert one.tags == {"Team": "data", "Cost": "7"}


def test_an_error_names_the_file_that_it_stands_in(tmp_path: Path) -> None:
    write(tmp_path, "defaults", DEFAULTS.replace("/data/", "data"))
    lines = errors(write(tmp_path, "one", RIGHT + '[company.source]\nrole_path = "x"\n'))
    assert sorted(line.split(": ")[:2] for line in lines) == [
        [f"{tmp_path.name}/defaults.toml", "company.target.role_path"],
        [f"{tmp_path.name}/one.toml", "company.source.role_path"],
    ]


def test_the_shared_settings_are_not_an_environment(tmp_path: Path) -> None:
    write(tmp_path, "defaults", RIGHT)
    write(tmp_path)
    assert [environment.name for environment in load_all(tmp_path)] == ["team"]
    with pytest.raises(SettingsError, match="no such environment"):
        load("defaults", tmp_path)
