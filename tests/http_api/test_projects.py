"""Projects, through the door."""

from functions.core.token import Principal
from functions.usecases.tokens import ALL_SCOPES
from tests.http_api.conftest import ADMIN, Api
from tests.platform_in_memory import Platform


def test_a_created_project_can_be_read_and_listed(api: Api) -> None:
    made = api.post("/v1/projects", {"name": "acme"})
    assert made.status == 201
    assert api.get(f"/v1/projects/{made.body['id']}").body == made.body
    assert api.get("/v1/projects").body == {"items": [made.body], "next_cursor": None}


def test_a_project_token_sees_its_own_project_alone(api: Api, platform: Platform) -> None:
    mine, other = (api.post("/v1/projects", {"name": name}).body["id"] for name in ("acme", "other"))
    tenant = Api(ADMIN.model_copy(update={"project": mine}))
    assert [each["id"] for each in tenant.get("/v1/projects").body["items"]] == [mine]
    assert tenant.get(f"/v1/projects/{mine}").status == 200
    assert tenant.get(f"/v1/projects/{other}").slug == "not-found"


def test_a_foreign_project_answers_as_one_that_does_not_exist(api: Api) -> None:
    mine, other = (api.post("/v1/projects", {"name": name}).body["id"] for name in ("acme", "other"))
    tenant = Api(Principal(id=ADMIN.id, project=mine, scopes=ALL_SCOPES))
    missing = "01KAJ0000000000000000000N0"
    assert tenant.get(f"/v1/projects/{other}/networks") == tenant.get(f"/v1/projects/{missing}/networks")


def test_a_project_token_creates_no_project(api: Api, project: str) -> None:
    tenant = Api(ADMIN.model_copy(update={"project": project}))
    assert tenant.post("/v1/projects", {"name": "mine too"}).slug == "forbidden"


def test_a_list_goes_on_with_its_cursor(api: Api) -> None:
    made = {api.post("/v1/projects", {"name": f"p{number}"}).body["id"] for number in range(5)}
    seen: set[str] = set()
    cursor = ""
    while True:
        page = api.get("/v1/projects", limit=2, cursor=cursor).body
        assert len(page["items"]) <= 2
        seen |= {each["id"] for each in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made


def test_a_cursor_of_another_list_is_refused(api: Api, project: str) -> None:
    for name in ("a", "b"):
        api.post("/v1/projects", {"name": name})
    cursor = api.get("/v1/projects", limit=1).body["next_cursor"]
    refused = api.get(f"/v1/projects/{project}/networks", cursor=cursor)
    assert (refused.slug, refused.body["field"]) == ("invalid-input", "cursor")
