"""Passwords, API tokens, signing keys and access tokens."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.auth import keys, passwords, secret_text
from core.auth.access_tokens import AUDIENCE, ISSUER, TYPE, AccessTokens
from core.auth.passwords import PasswordRules
from core.auth.secret_text import TokenKind
from core.kit import clock
from core.kit.errors import Conflict, Invalid, TooMany, Unauthenticated
from core.kit.settings import Settings

LAX = PasswordRules(12, False, False, False, False)  # noqa: FBT003 - five rules in a row
STRICT = PasswordRules(12, True, True, True, True)  # noqa: FBT003 - as above
SECRET = "x9-Kq2v_77bTfzYwLm4cR8sJh1nPaD3eUg6oWi5t"


def settings_of(folder: Path, **values: str) -> Settings:
    return Settings.model_validate({"WORKBENCH_DATA": folder, "AUTH_ENABLED": "true", **values})


def test_a_password_is_kept_as_argon2id_and_recognised() -> None:
    kept = passwords.hash_password("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.verify(kept, "correct horse battery")
    assert not passwords.verify(kept, "Correct horse battery")
    assert not passwords.verify(None, "anything")
    assert not passwords.verify("no hash", "anything")
    assert passwords.hash_password("correct horse battery") != kept


def test_what_argon2_takes_has_no_length_at_which_passwords_are_the_same() -> None:
    kept = passwords.hash_password("a" * 100 + "b")
    assert not passwords.verify(kept, "a" * 100 + "c")


def test_a_crowd_at_the_door_is_turned_away_rather_than_kept_waiting() -> None:
    kept = passwords.hash_password("correct horse battery")

    def look(_number: int) -> str:
        try:
            return str(passwords.verify(kept, "correct horse battery"))
        except TooMany as error:
            return f"again in {error.retry_after_seconds}"

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(look, range(40)))
    assert set(answers) == {"True", "again in 5"}
    assert look(0) == "True"


@pytest.mark.parametrize(
    ("rules", "password", "said"),
    [
        (LAX, "short", "at least 12 characters"),
        (LAX, "x" * 1025, "1024 characters at most"),
        (LAX, "aaaaaaaaaaaaaaa", "5 different characters"),
        (LAX, "my name is ann.smith", "your name"),
        (STRICT, "lower-case-1234", "a capital letter"),
        (STRICT, "UPPER-CASE-1234", "a small letter"),
        (STRICT, "No-Digits-Here", "a digit"),
        (STRICT, "NoSymbolsHere12", "neither letter nor digit"),
    ],
)
def test_every_rule_refuses_in_words(rules: PasswordRules, password: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as error:
        passwords.check_rules(rules, password, "ann.smith", field="new_password")
    assert {detail.field for detail in error.value.details} == {"new_password"}


@pytest.mark.parametrize("rules", [LAX, STRICT, PasswordRules(64, True, True, True, True)])  # noqa: FBT003 - as above
def test_a_password_that_is_made_keeps_the_rules(rules: PasswordRules) -> None:
    made = {passwords.generate(rules) for _ in range(20)}
    assert len(made) == 20
    assert all(rules.broken_by(password) == [] for password in made)


@pytest.mark.parametrize("kind", TokenKind)
def test_an_api_token_can_be_told_by_its_looks(kind: TokenKind) -> None:
    token = secret_text.new_api_token(kind)
    assert token.startswith(f"dbtwb_{kind}_")
    assert len(token) == len("dbtwb_pat_") + 46
    assert secret_text.is_api_token(token)
    assert token.startswith(secret_text.hint_of(token))
    assert secret_text.new_api_token(kind) != token


@given(st.integers(min_value=0, max_value=55), st.characters(codec="ascii", categories=("L", "N")))
def test_a_mistyped_api_token_is_seen(place: int, letter: str) -> None:
    token = secret_text.new_api_token(TokenKind.PERSONAL)
    changed = token[:place] + letter + token[place + 1 :]
    assert secret_text.is_api_token(changed) == (changed == token)


def test_a_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    first = keys.Keys(settings_of(tmp_path)).ring()
    second = keys.Keys(settings_of(tmp_path)).ring()
    assert first == second
    path = keys.key_file(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(first.signing.secret) >= 64
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_rotation_is_noticed_and_former_keys_are_good_for_a_while(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    tokens = AccessTokens(settings)
    old = tokens.make(1, "s", "j")
    new_id = keys.rotate(settings)
    assert jwt.get_unverified_header(tokens.make(1, "s", "j"))["kid"] == new_id
    assert tokens.read(old).user_id == 1
    keys.rotate(settings)
    assert tokens.read(old).user_id == 1
    keys.rotate(settings, now=clock.now() + timedelta(hours=1))
    kept = [row["id"] for row in json.loads(keys.key_file(tmp_path).read_text())]
    assert jwt.get_unverified_header(old)["kid"] not in kept
    with pytest.raises(Unauthenticated):
        tokens.read(old)


def test_keys_of_the_settings_are_rotated_by_their_owner(tmp_path: Path) -> None:
    old = settings_of(tmp_path, JWT_SECRET_KEY=SECRET)
    with pytest.raises(Conflict, match="JWT_SECRET_KEY"):
        keys.rotate(old)
    token = AccessTokens(old).make(7, "s", "j")
    new = settings_of(tmp_path, JWT_SECRET_KEY=SECRET[::-1], JWT_PREVIOUS_SECRET_KEYS=SECRET)
    assert AccessTokens(new).read(token).user_id == 7
    with pytest.raises(Unauthenticated):
        AccessTokens(settings_of(tmp_path, JWT_SECRET_KEY=SECRET[::-1])).read(token)
    assert not keys.key_file(tmp_path).exists()


def forged(kid: str, secret: str | None = SECRET, algorithm: str = "HS256", **changes: object) -> str:
    now = clock.now()
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "1",
        "sid": "s",
        "jti": "j",
        "iat": now,
        "exp": now + timedelta(minutes=5),
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, secret, algorithm, headers={"kid": kid, "typ": TYPE})


def test_only_what_fits_in_every_part_is_taken(tmp_path: Path) -> None:
    tokens = AccessTokens(settings_of(tmp_path, JWT_SECRET_KEY=SECRET))
    kid = jwt.get_unverified_header(tokens.make(1, "s", "j"))["kid"]
    assert tokens.read(forged(kid)).session_id == "s"
    past = clock.now() - timedelta(minutes=10)
    bad = [
        forged(kid, None, "none"),
        forged(kid, SECRET[::-1]),
        forged(kid, SECRET, "HS512"),
        forged("unknown"),
        forged(kid, iss="somebody"),
        forged(kid, aud="another"),
        forged(kid, sub="ann"),
        forged(kid, exp=past),
        forged(kid, exp=None),
        forged(kid, sid=None),
        forged(kid, jti=None),
        forged(kid, sid="x" * 5000),
        forged(kid) + "a",
        jwt.encode({"sub": "1"}, SECRET, headers={"kid": kid, "typ": TYPE}),
        jwt.encode({"sub": "1"}, SECRET, headers={"kid": kid, "typ": "JWT"}),
        "a.b.c",
        "",
        "\0",
        "\ud800",
    ]
    for token in bad:
        with pytest.raises(Unauthenticated):
            tokens.read(token)


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    settings = Settings.model_validate({"AUTH_ENABLED": "true", "JWT_SECRET_KEY": SECRET})
    with pytest.raises(Unauthenticated):
        AccessTokens(settings).read(text)
