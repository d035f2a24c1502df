"""The story of a team in Chromium: login, refusal, switch, token, audit log, Dagster's page."""

import json
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Cookie, Error, Page, expect

from tests.e2e.conftest import TINY, Stack, running

PASSWORD = "seven purple trains"
LAUNCHPAD = "/dagster/locations/workbench/jobs/tiny__dbt/playground"
# Whatever was secret on the way, for the test at the end that looks where it may have leaked.
SECRETS = {PASSWORD}


def access_token(stack: Stack, username: str, password: str = PASSWORD) -> str:
    """Log in as a program does. With a first password, it is replaced by the one of everybody here."""
    client = httpx.Client(base_url=stack.address, trust_env=False, timeout=60)
    with client:
        body = {"username": username, "password": password, "delivery": "body"}
        answer = client.post("/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        login = answer.json()
        token = str(login["access_token"])
        SECRETS.update({token, login["refresh_token"]})
        if login["me"]["must_change_password"]:
            passwords = {"current_password": password, "new_password": PASSWORD}
            headers = {"authorization": f"Bearer {token}"}
            answer = client.post("/auth/password", json=passwords, headers=headers)
            assert answer.status_code == 204, answer.text
    return token


def add_person(stack: Stack, username: str, **roles: str) -> None:
    """Make an account whose password is that of everybody here, and a member with these roles."""
    made = stack.client.post("/api/admin/users", json={"username": username})
    assert made.status_code == 201, made.text
    first = str(made.json()["password"])
    SECRETS.add(first)
    access_token(stack, username, first)
    for workspace, role in roles.items():
        path = f"/api/workspaces/{workspace}/members/{username}"
        answer = stack.client.put(path, json={"role": role})
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def team() -> Iterator[Stack]:
    """A product with login: two workspaces, an admin, `vera` who views both, `dora` who develops in one."""
    folder = Path(tempfile.mkdtemp(prefix="wbteam"))
    tiny = Path(shutil.copytree(TINY, folder / "tiny"))
    environment = {"AUTH_ENABLED": "true", "ADMIN_PASSWORD": PASSWORD}
    with running(folder, [tiny], "--no-demo", environment=environment) as stack:
        stack.client.headers["authorization"] = f"Bearer {access_token(stack, 'admin')}"
        made = stack.client.post("/api/workspaces", json={"key": "annex", "name": "The annex"})
        assert made.status_code == 201, made.text
        add_person(stack, "vera", tiny="viewer", annex="viewer")
        add_person(stack, "dora", tiny="developer")
        yield stack
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def browsing(browser: Browser, stack: Stack) -> Generator[Page]:
    """A page of a browser of its own. Errors in our pages, and about the policy in any, fail the test."""
    context = browser.new_context(base_url=stack.address, viewport={"width": 1360, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    wrong: list[str] = []

    def on_error(error: Error) -> None:
        # Dagster's page throws what it is refused.
        if "/dagster" not in page.url:
            wrong.append(str(error))

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    page.on("pageerror", on_error)
    page.on("console", on_console)
    try:
        yield page
        SECRETS.update(cookie["value"] for cookie in cookies(page).values() if "value" in cookie)
    finally:
        context.close()
    assert wrong == []


def cookies(page: Page) -> dict[str, Cookie]:
    """What the browser keeps of ours, by name."""
    found = {cookie.get("name", ""): cookie for cookie in page.context.cookies()}
    return {name: cookie for name, cookie in found.items() if name.startswith("workbench_")}


def log_in(page: Page, username: str, to: str = "/", password: str = PASSWORD) -> None:
    """Ask for a page, be sent to the login, and log in there."""
    page.goto(to)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("Username or e-mail address").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Person").click()
    page.get_by_role("menuitem", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def press_launch(page: Page) -> None:
    """What starts a run in Dagster's page."""
    page.goto(LAUNCHPAD)
    button = page.get_by_role("button", name=re.compile("Launch Run", re.IGNORECASE))
    expect(button).to_be_enabled(timeout=60_000)
    button.click()


def test_a_login_leads_to_where_one_was_going_and_outlives_reloads(browser: Browser, team: Stack) -> None:
    with browsing(browser, team) as page:
        log_in(page, "admin", "/w/tiny/catalog?q=orders", "wrong")
        expect(page.get_by_text("Name or password is wrong.")).to_be_visible()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page).to_have_url(f"{team.address}/w/tiny/catalog?q=orders")
        expect(page.get_by_role("link", name="orders", exact=True)).to_be_visible()
        for _ in range(5):
            page.goto("/w/tiny/catalog", wait_until="commit")
        expect(page.get_by_role("link", name="orders", exact=True)).to_be_visible()
        assert page.evaluate("Object.values(localStorage).filter((one) => one.startsWith('ey'))") == []
        hidden = {name for name, cookie in cookies(page).items() if cookie.get("httpOnly")}
        assert hidden == {"workbench_refresh", "workbench_page"}


def test_a_refusal_names_the_role_that_is_missing_and_where(browser: Browser, team: Stack) -> None:
    with browsing(browser, team) as page:
        log_in(page, "vera", "/w/tiny/runs")
        button = page.get_by_role("button", name="New run")
        why = "Needs the role developer in tiny. Yours is viewer."
        expect(button).to_have_accessible_description(why)
        expect(button).to_have_attribute("aria-disabled", "true")
        page.goto("/w/tiny/settings?tab=audit")
        refusal = page.get_by_role("alert")
        expect(refusal).to_contain_text("It needs the role admin in the workspace tiny.")
        expect(refusal).to_contain_text("Your role there is viewer.")
        refusal.get_by_role("link", name="What roles may do").click()
        expect(page.get_by_role("heading", name="What roles may do")).to_be_visible()
        page.goto("/admin/users")
        expect(page.get_by_text("It needs the role instance admin for the whole instance.")).to_be_visible()


def test_people_switch_between_their_workspaces_and_see_no_other(browser: Browser, team: Stack) -> None:
    with browsing(browser, team) as page:
        log_in(page, "vera", "/w/tiny")
        page.get_by_role("button", name="Workspace").click()
        page.get_by_role("menuitem", name=re.compile("The annex")).click()
        expect(page).to_have_url(re.compile(r"/w/annex$"))
        expect(page.get_by_role("heading", name="The annex")).to_be_visible()
        page.goto("/")
        expect(page).to_have_url(re.compile(r"/w/annex$"))
        log_out(page)
        log_in(page, "dora")
        expect(page).to_have_url(re.compile(r"/w/tiny$"))
        page.get_by_role("button", name="Workspace").click()
        expect(page.get_by_role("menuitem")).to_have_count(1)
        page.goto("/w/annex")
        expect(page.get_by_text("There is no workspace annex")).to_be_visible()


def test_a_token_is_shown_once_works_and_is_revoked_at_once(browser: Browser, team: Stack) -> None:
    with browsing(browser, team) as page:
        log_in(page, "dora", "/profile?tab=tokens")
        page.get_by_role("button", name="New token").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name", exact=True).fill("nightly")
        dialog.get_by_role("checkbox", name="run:read").check()
        expect(dialog.get_by_role("checkbox", name="workspace:edit")).to_be_disabled()
        dialog.get_by_role("button", name="Make the token").click()
        shown = dialog.get_by_label("The token")
        expect(shown).to_have_text(re.compile(r"^dbtwb_pat_[0-9A-Za-z]{46}$"))
        token = shown.inner_text()
        SECRETS.add(token)
        dialog.get_by_role("button", name="I have copied it").click()
        expect(page.get_by_role("row", name=re.compile("nightly"))).to_contain_text("run:read")
        assert token not in page.content()

        with httpx.Client(base_url=team.address, trust_env=False, timeout=60) as client:
            client.headers["authorization"] = f"Bearer {token}"
            assert client.get("/api/workspaces/tiny/runs").status_code == 200
            assert client.get("/api/workspaces/tiny/models").status_code == 403
            assert client.get("/api/workspaces/annex/runs").status_code == 404
            page.get_by_role("button", name="Revoke nightly").click()
            page.get_by_role("button", name="Revoke it").click()
            expect(page.get_by_text("No tokens")).to_be_visible()
            assert client.get("/api/workspaces/tiny/runs").status_code == 401


def test_dagsters_page_is_for_looking_where_one_is_a_viewer(browser: Browser, team: Stack) -> None:
    before = len(team.get("/tiny/runs")["items"])
    with browsing(browser, team) as page:
        log_in(page, "vera", "/dagster/runs")
        expect(page.get_by_text("Launched by")).to_be_visible(timeout=60_000)
        page.goto(LAUNCHPAD)
        button = page.get_by_role("button", name=re.compile("Launch Run", re.IGNORECASE))
        # Dagster leads those who may not launch away from where one launches.
        expect(page).not_to_have_url(re.compile("playground"), timeout=60_000)
        expect(page.get_by_text("tiny__dbt").first).to_be_visible()
        expect(button).to_have_count(0)
        # What the page does not offer is not taken either.
        answer = page.evaluate(
            """async () => {
              const query = 'mutation { terminateRun(runId: "x") { __typename } }';
              const asked = await fetch("/dagster/graphql", {
                method: "POST",
                headers: { "content-type": "application/json" },
                body: JSON.stringify({ query }),
              });
              return { status: asked.status, said: (await asked.json()).errors[0].message };
            }"""
        )
        assert answer["status"] == 403
        assert re.search("dagster:operate.*tiny", answer["said"])
    assert len(team.get("/tiny/runs")["items"]) == before


def test_dagsters_page_is_refused_to_who_may_not_see_every_workspace(browser: Browser, team: Stack) -> None:
    with browsing(browser, team) as page:
        log_in(page, "dora", "/dagster/runs")
        expect(page.get_by_role("heading", name="You may not open Dagster's page")).to_be_visible()
        expect(page.get_by_text("it needs dagster:read in every one")).to_be_visible()
        assert "annex" not in page.content()
        page.get_by_role("link", name="Back to dbt Workbench").click()
        expect(page).to_have_url(re.compile(r"/w/tiny$"))


def test_an_admin_launches_in_dagsters_page_and_logging_out_closes_it(browser: Browser, team: Stack) -> None:
    with browsing(browser, team) as page:
        log_in(page, "admin", "/w/tiny")
        expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
        with page.expect_request(re.compile("/api/workspaces/tiny/overview")) as asked:
            page.reload()
        bearer = asked.value.headers["authorization"]
        SECRETS.add(bearer.removeprefix("Bearer "))
        with page.expect_websocket() as socket:
            press_launch(page)
            expect(page).to_have_url(re.compile(r"/dagster/runs/[0-9a-f-]{36}"))
        run_id = page.url.rsplit("/", 1)[-1][:36]
        assert not socket.value.is_closed()
        assert run_id in {run["run_id"] for run in team.get("/tiny/runs")["items"]}

        other = page.context.new_page()
        other.goto("/w/tiny")
        log_out(other)
        assert cookies(page) == {}
        for path in ("/auth/me", "/api/workspaces/tiny"):
            assert httpx.get(team.address + path, headers={"authorization": bearer}).status_code == 401
        page.goto(f"/dagster/runs/{run_id}")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert team.wait("tiny", run_id)["status"] == "success"


def test_the_audit_log_tells_what_was_done_and_can_be_taken_away(browser: Browser, team: Stack) -> None:
    with browsing(browser, team) as page:
        log_in(page, "admin", "/admin/audit?actor=dora")
        table = page.get_by_role("table", name="Audit log")
        for tag in ("login.succeeded", "token.added", "token.revoked", "access.refused"):
            expect(table.get_by_text(tag).first).to_be_visible()
        page.goto("/admin/audit?tag=dagster.mutation")
        expect(table.get_by_role("row", name=re.compile("admin"))).to_be_visible()
        page.goto("/w/tiny/settings?tab=audit&tag=member.set&subject=vera")
        table.get_by_role("row", name=re.compile("vera")).get_by_role("button").first.click()
        expect(table.get_by_text("viewer", exact=False).first).to_be_visible()
        with page.expect_download() as saved:
            page.get_by_role("button", name="JSON lines").click()
        rows = [json.loads(line) for line in saved.value.path().read_text().splitlines()]
        assert [(row["tag"], row["actor"], row["subject"], row["after"]) for row in rows] == [
            ("member.set", "admin", "vera", {"role": "viewer"})
        ]
        page.goto("/admin/audit")
        with page.expect_download() as saved:
            page.get_by_role("button", name="CSV").click()
        text = saved.value.path().read_text()
        assert "audit.exported" in text or "token.added" in text
        leaked = [secret for secret in SECRETS if secret in text]
        assert leaked == []


def test_no_secret_is_in_a_command_line_or_a_log(team: Stack) -> None:
    passwords = json.loads((team.data / "postgres.json").read_text())
    keys = json.loads((team.data / "keys" / "access_tokens.json").read_text())
    secrets = SECRETS | set(passwords.values()) | {key["secret"] for key in keys}
    assert len(secrets) > 10
    places = {str(path): path.read_text(errors="replace") for path in (team.data / "logs").iterdir()}
    places["up.log"] = team.output()
    for process in psutil.process_iter(["cmdline"]):
        places[f"process {process.pid}"] = " ".join(process.info["cmdline"] or [])
    told = [(name, secret[:6]) for name, text in places.items() for secret in secrets if secret in text]
    assert told == []
